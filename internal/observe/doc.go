// Package observe owns reading what stands in files back into settings, each with the place it
// was read at. It reads bytes on its own account and shares no code with what wrote them, so
// that reading a rendered bundle proves what the bundle says. It knows no profile, merges
// nothing by precedence, and never returns a secret: what EncryptionConfiguration holds is
// replaced by settings.Redacted. Start reading at File.
package observe
