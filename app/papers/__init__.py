"""Papers: facts become a PDF, and the PDF is stored. What is stored is never rendered again."""
