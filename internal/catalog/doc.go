// Package catalog owns the facts about each Kubernetes minor that hardstrap renders for: flags, configuration fields,
// feature gates, admission plugins, TLS names, API versions, and what kubeadm sets by itself.
//
// It never guesses, reads no disk and no clock, and decides nothing: whoever asks gets what the released code says.
// Most facts are data/*.json, made by a program from the released modules (make catalog), and so are the two tables,
// objects.tsv and flagfields.tsv; removed.yaml, direction.yaml, defaults.yaml and support.yaml are written by hand, each row
// with its source. Decoding is lazy: asking for one minor reads that minor, and of it only the parts that are asked for.
//
// Start reading at For.
package catalog
