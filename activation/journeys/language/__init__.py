"""The language of journeys and campaigns: what their files may say, and how that becomes a graph.

Nothing is imported here: the words for steps (`activation/journeys/steps/`) build upon the modules below.
"""
