// Package node makes machines out of one: a Lan is a bridge, and each Node on it is a set of namespaces with a root,
// a network address, control groups and a systemd of its own, on which programs run as on a machine.
//
// It must run in a network and a PID namespace made for it (run.sh does), with which its processes end. What Stop
// takes away, control groups and files, is left where that is not called; run.sh takes it away before its next run.
// It knows nothing of Kubernetes but where a node keeps what it writes. Start reading in Start.
package node
