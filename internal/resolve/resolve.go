// Package resolve owns the step from a profile to settings: it expands the profile's short
// sections for one Kubernetes minor, checks every flag and field against that minor's catalog,
// and checks what must hold between settings. It never renders and never touches the disk.
// Start reading at Resolve: its two lists are the whole of it.
package resolve

import (
	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// Resolved is everything that a bundle of one cluster is made from.
type Resolved struct {
	Loaded   *profiles.Loaded
	Minor    *catalog.Minor
	Version  string        // the cluster's, without "v": 1.37.0
	Settings *settings.Set // all that is rendered
	Kubeadm  *settings.Set // what kubeadm of that minor sets by itself, where Settings does not replace it
	Warnings diag.List
}

// Inputs are what a profile names but does not hold.
type Inputs struct {
	Keys        []Key           // encryption keys, the writing one first; never their secrets
	AuditPolicy *settings.Value // the file of apiServer.audit.policyFile, parsed
}

// Key names an encryption key.
type Key struct {
	Name     string
	Provider string
}

// Resolve turns a loaded profile into settings for a minor. The error is a diag.List with
// every fault found; warnings are in the result.
func Resolve(l *profiles.Loaded, m *catalog.Minor, in Inputs) (*Resolved, error) {
	b := newBuilder(l, m, in)
	for _, expand := range []func(*builder){
		expandVersion,
		expandCluster,
		expandTLS, // before the components' own flags, which override it
		expandControlPlaneFlags,
		expandAnonymousAuth,
		expandAuthentication,
		expandAuthorization,
		expandAdmission,
		expandAudit,
		expandEncryption,
		expandKubelet,
		expandServingCertificates,
		expandKubeProxy,
		expandEtcd,
		expandVolumes, // after everything that a mounted file or socket comes with
		expandHost,
		expandNamespaces,
		expandRBAC,
		expandNetworkPolicy,
		expandAdmissionPolicies,
		expandCompanions,
		addWhatKubeadmSets,
	} {
		expand(b)
	}
	for _, check := range []func(*builder){
		checkNodeRestriction,
		checkExclusiveFlags,
		checkKubeadmLists,
		checkEtcdServers,
		checkProbes,
		checkReplacedArguments,
		checkKubeadmNeeds,
		checkCipherSuites,
		checkTLSVersions,
		checkEtcdTLS,
		checkFileFlags,
		checkReservedPaths,
		checkKernelDefaults,
		checkNodeLabels,
		checkStaticPodPath,
		checkTaints,
		checkKubeletWords,
		checkTmpfilesPaths,
		checkServiceAccountFlags,
		checkWeakValues,
		checkWaivers,
		checkUnusedWaivers,
		checkBenchmarks,
		checkOpenByOmission,
	} {
		check(b)
	}
	b.problems.Fold()
	if err := b.problems.Err(); err != nil {
		return nil, err
	}
	return &Resolved{
		Loaded: l, Minor: m, Version: b.version,
		Settings: &b.set, Kubeadm: &b.kubeadm, Warnings: b.problems.Warnings(),
	}, nil
}
