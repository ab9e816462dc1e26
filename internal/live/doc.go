// Package live owns the choice of sources: which of them are looked at for a comparison, and what each is
// asked for. It reads nothing itself and compares nothing. Start reading at Look.
package live
