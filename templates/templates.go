// Package templates owns the text of every rendered file, embedded. It holds no logic: what
// stands in a file, and in which order, is computed by package generate, and every value goes
// through one of its encoders. A template is named by its path below this directory, so that
// two files of one name cannot collide. Start reading at
// host/control-plane/kubeadm/init.yaml.tmpl.
package templates

import "embed"

//go:embed *.tmpl host companions manifests
var files embed.FS

// Files returns the templates.
func Files() embed.FS { return files }
