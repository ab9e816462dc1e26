// Package process owns what the running components of a node say: which of them run, since when, with
// which flags and which environment, and which of their files are newer than they are. It reads /proc alone,
// tells components by their executables and never by words on a command line, and never keeps a secret: of
// the environment only what configures a component is taken, and passwords are replaced by settings.Redacted.
// It starts and signals nothing. Start reading at Find.
package process
