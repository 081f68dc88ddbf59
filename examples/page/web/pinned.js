// The hash in tests/vectors.rs, which build.sh inserts.
export const PINNED = "/* NORMAL_HASH */";
