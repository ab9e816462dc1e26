// Package effective owns what holds after all layers of one view are merged: flags over drop-ins over the
// configuration file, each value in the canonical form of its type, so that it can be compared with a
// profile's. It reads no files, knows no profile, and never lets one view speak for another: where
// two of them disagree is for whoever compares. Start reading at Merge.
package effective
