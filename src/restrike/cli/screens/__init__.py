"""What the API's documents look like: each screen is a function from a document to something rich can draw."""
