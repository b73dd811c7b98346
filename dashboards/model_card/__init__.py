"""One prediction on a page: what it says, how good it was when it was judged, and what has changed since."""
