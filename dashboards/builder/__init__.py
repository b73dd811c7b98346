"""The segment builder: a definition as a tree that is drawn condition by condition, and written back as YAML."""
