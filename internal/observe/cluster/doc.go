// Package cluster owns reading a live cluster through its API into observations: what the kubelets
// run with, what the mirror pods of the control plane were started with, what kubeadm keeps in its
// ConfigMaps, and the objects that a profile may ask for. It finds the API server as kubectl does, by
// kubeconfig, context, exec plugin and proxy, and asks with GET alone. It never writes, neither to the cluster
// nor to a disk, follows no redirect to another host, sends no token to a node unless it is told
// to, and puts nothing of a credential or of an answer into a message. What it could not read is an
// Unknown, never absent. It knows no profile and merges nothing. Start reading at Observe.
package cluster
