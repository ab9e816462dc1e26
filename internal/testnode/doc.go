// Package testnode owns nodes for tests: a root directory as a real node has it after kubeadm ran there, for every
// built-in profile on every minor, and for kubeadm's defaults. A node is three things, laid down in the order in which
// they come to a machine:
//
//   - what the packages of Kubernetes bring (packages.txtar, by hand);
//   - the files of the bundle, rendered here and now, with a placeholder for the encryption key;
//   - what kubeadm wrote, once, from that bundle (nodes/). The real kubeadm of the minor made it, and
//     test/acceptance/run.sh proves in CI that it would write the same today: TestNodes in test/acceptance.
//
// Then what the bundle's README has root do, and the kubelet's unit does again, is done: the modes and owners of
// tmpfiles.d are set. A node of a profile is therefore one that should not differ from its profile at all.
//
// Private keys are empty files. Certificates are made when a node is laid down, from a description of those that kubeadm
// made, so they are never out of date. Running state is not here: no /proc, no processes, no audit log.
//
// Only tests import it, and those of packages that the pipeline needs must be external ones (package x_test). It
// judges nothing. Start reading at Write.
package testnode
