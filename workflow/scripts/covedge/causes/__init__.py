"""Why a fit is degenerate: one cause a file. Design, section 6."""
