//! Acts of membership that are more than one record.
