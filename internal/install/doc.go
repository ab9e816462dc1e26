// Package install owns laying a bundle's files for one node over that node's root: what is to
// change there, the journal and the backup that let a run killed at any moment be finished or taken
// back, and the order of both. It knows which files a running kube-apiserver reads by itself, and
// nothing else of Kubernetes. It never starts, restarts or reloads anything, never follows a symbolic
// link below the root, and touches no file that neither this bundle nor the one before it names.
// Start reading at Survey, then Install.
package install
