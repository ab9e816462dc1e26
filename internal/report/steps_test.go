package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/settings"
)

const (
	layInit    = "lay host/control-plane/etc/kubernetes/kubeadm/init.yaml of the bundle over the node: hardstrap install BUNDLE --role control-plane"
	laySysctl  = "lay host/control-plane/etc/sysctl.d/90-hardstrap.conf of the bundle over the node: hardstrap install BUNDLE --role control-plane"
	upload     = "kubeadm init phase upload-config all --config /etc/kubernetes/kubeadm/init.yaml"
	upgrade    = "kubeadm upgrade node --config /etc/kubernetes/kubeadm/upgrade.yaml"
	kubelet    = "systemctl restart kubelet"
	sysctls    = "systemctl restart systemd-sysctl.service"
	tmpfiles   = "systemd-tmpfiles --create /etc/tmpfiles.d/hardstrap.conf"
	applyShop  = "kubectl apply --server-side --field-manager=hardstrap --filename manifests/30-networkpolicies/shop.yaml"
	applyPay   = "kubectl apply --server-side --field-manager=hardstrap --filename manifests/30-networkpolicies/payment.yaml"
	certs      = "kubeadm certs renew all"
	restartAPI = "crictl stop $(crictl ps --name kube-apiserver --quiet)"
)

// with is a finding with a remedy.
func with(d compare.Direction, node string, remedy ...string) compare.Finding {
	f := compare.Finding{Key: settings.Flag(settings.APIServer, "profiling"), Direction: d, Remedy: remedy}
	if node != "" {
		f.Nodes = []string{node}
	}
	return f
}

func fleetOf(findings ...compare.Finding) *compare.Report {
	return &compare.Report{
		Profile: "p", Findings: findings,
		Subjects: []compare.Subject{
			{Name: "cp-1", Role: settings.ControlPlane, Sources: []settings.Source{settings.FromFile}},
			{Name: "cp-2", Role: settings.ControlPlane, Sources: []settings.Source{settings.FromFile}},
			{Name: "w-1", Role: settings.Worker, Sources: []settings.Source{settings.FromFile}},
		},
	}
}

// TestStepsInOrder: each step once, in the order in which they must run, with what it is for.
func TestStepsInOrder(t *testing.T) {
	r := fleetOf(
		with(compare.Weaker, "", certs),
		with(compare.Weaker, "", applyShop),
		with(compare.Weaker, "", applyPay),
		with(compare.Weaker, "cp-1", restartAPI),
		with(compare.Weaker, "cp-1", layInit, upload, upgrade, kubelet),
		with(compare.Weaker, "cp-2", layInit, upload, upgrade),
		with(compare.Weaker, "w-1", laySysctl, sysctls),
		with(compare.Different, "cp-2", laySysctl, tmpfiles),
	)
	var got []string
	for _, s := range stepsFor(toMend(r)) {
		got = append(got, strings.TrimSpace(s.text+" # "+counted(s.findings, "finding", "findings")+" "+s.on(r, 6)))
	}
	want := []string{
		"hardstrap install BUNDLE --role control-plane # 4 findings on every node",
		tmpfiles + " # 1 finding on cp-2",
		sysctls + " # 1 finding on every worker",
		upload + " # 2 findings once",
		upgrade + " # 2 findings on every control plane",
		certs + " # 1 finding",
		kubelet + " # 1 finding on cp-1",
		restartAPI + " # 1 finding on cp-1",
		"kubectl apply --server-side --field-manager=hardstrap --filename manifests/30-networkpolicies/ # 2 findings",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestNoStepForWhatIsMeant: nothing is suggested for a waived finding, nor to make something
// weaker again.
func TestNoStepForWhatIsMeant(t *testing.T) {
	waived := with(compare.Weaker, "cp-1", kubelet)
	waived.Waiver = &compare.Waiver{Control: "cis-1.12/1.2.15"}
	for _, verbose := range []bool{false, true} {
		text := show(t, "text", fleetOf(waived, with(compare.Stronger, "cp-1", upgrade)), Options{Verbose: verbose})
		if strings.Contains(text, kubelet) || strings.Contains(text, upgrade) || strings.Contains(text, "to make it") {
			t.Errorf("verbose %v: it suggests a step:\n%s", verbose, text)
		}
		if !strings.Contains(text, "what is stronger is no fault") {
			t.Errorf("verbose %v: it does not say what to do with what is stronger:\n%s", verbose, text)
		}
	}
}

// TestUnknownIsSeenFirst: what to do to see something is apart from what mends.
func TestUnknownIsSeenFirst(t *testing.T) {
	text := show(t, "text", fleetOf(with(compare.Unknown, "cp-1", "run it as root")), Options{})
	if !strings.Contains(text, "to see what is unknown\n  # run it as root (1 finding, on cp-1)\n") || strings.Contains(text, "to make it") {
		t.Errorf("got:\n%s", text)
	}
}

// TestUnseenBy: what was not looked at comes with the source that would show it.
func TestUnseenBy(t *testing.T) {
	keys := []settings.Key{
		settings.ObjectKey("Namespace", "", "shop"), settings.ObjectKey("Namespace", "", "pay"),
		{Component: settings.KubeProxy, Path: "metricsBindAddress"},
		{Component: settings.Kubelet, Role: settings.Worker, Path: "podPidsLimit"},
		{Component: settings.Host, Role: settings.ControlPlane, Path: "sysctl/kernel.panic"},
		{Component: settings.APIServer, Path: "EncryptionConfiguration"},
		{Component: settings.Kubeadm, Path: "encryptionAlgorithm"},
	}
	r := &compare.Report{NotLookedAt: keys}
	want := []unseen{
		{"objects of the cluster", byCluster, 2},
		{"kube-proxy", byCluster, 1},
		{"kubelet of workers", byWorker, 1},
		{"host of control planes", byControlPlane, 1},
		{"kube-apiserver", byControlPlane, 1},
		{"what kubeadm was told", byCluster, 1},
	}
	if diff := cmp.Diff(want, unseenBy(r), cmp.AllowUnexported(unseen{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	r.Subjects = fleetOf().Subjects
	r.Subjects = append(r.Subjects, compare.Subject{Sources: []settings.Source{settings.FromAPI}})
	for _, u := range unseenBy(r) {
		if strings.HasPrefix(u.source, "--") {
			t.Errorf("%s: %s was looked at, and is suggested", u.what, u.source)
		}
	}
}

// TestRowsShareALine: what several rows in turn have to say is said once.
func TestRowsShareALine(t *testing.T) {
	r := fleetOf()
	for _, name := range []string{"audit-log-maxage", "audit-log-maxbackup", "audit-log-maxsize"} {
		f := with(compare.Weaker, "", kubelet)
		f.Key, f.Opens = settings.Flag(settings.APIServer, name), "how long the log goes back"
		f.Wanted, f.Found = said(30, inProfile(1, 1)), []compare.Sighting{seen(compare.Weaker, 3, settings.Origin{Source: settings.FromDefault, Note: "of Kubernetes 1.37"})}
		r.Findings = append(r.Findings, f)
	}
	lines := strings.Split(show(t, "text", r, Options{Width: 80}), "\n")
	if n := slices.Index(lines, "      these 3: default of 1.37 · how long the log goes back"); n < 0 {
		t.Errorf("got:\n%s", strings.Join(lines, "\n"))
	}
}

func TestTail(t *testing.T) {
	for _, test := range []struct {
		path  string
		limit int
		want  string
	}{
		{"/etc/kubernetes/pki/ca.crt", 40, "/etc/kubernetes/pki/ca.crt"},
		{"/etc/kubernetes/pki/ca.crt", 16, "…/pki/ca.crt"},
		{"/etc/kubernetes/pki/ca.crt", 1, "…/ca.crt"},
		{"/x", 1, "…/x"},
		{"no path", 1, "no path"},
	} {
		if got := tail(test.path, test.limit); got != test.want {
			t.Errorf("%s in %d: %q, want %q", test.path, test.limit, got, test.want)
		}
	}
}
