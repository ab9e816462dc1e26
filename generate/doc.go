// Package generate owns the way from settings to the files of a bundle, in memory: one view
// per template, computed and sorted here; rendering; and reading every file back and comparing
// it with the settings it came from. It decides no value and no Kubernetes default, it touches
// no disk, and it never lets a setting go unrendered. Start reading at Generator.Bundle.
package generate
