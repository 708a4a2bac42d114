//! What would move a dot.
