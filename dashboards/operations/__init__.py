"""Parts of the pages of the group “Run”: what went through, what did not, and what an administrator can do about it."""
