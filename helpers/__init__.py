"""Reading house numbers from photographs: the code that the notebooks explain."""
