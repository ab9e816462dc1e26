// Package preflight owns looking, before a bundle is installed, for what would keep the node from coming up
// with it: one file a check, each with what to do about it. It reads the node and changes nothing,
// and what it cannot find out it says. Start reading at Checks.
package preflight
