//! GeoDNS over time (models section 4): so far in closed form.

pub mod formulas;
