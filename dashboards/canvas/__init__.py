"""The journeys' canvas: a file as a picture that can be edited, and back without loss.

The text of the file is the only state. Each edit changes the text in one place (`writing`), so that whatever nobody
touched stays as it was written, comments and layout included; undoing is going back to an earlier text.
"""
