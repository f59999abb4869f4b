//! Builders, sample data and pretend surroundings for tests.

pub mod disk;
