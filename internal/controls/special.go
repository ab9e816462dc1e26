package controls

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// predicate is a judgement written by hand, for what the grammar cannot say: a document, an
// alternative, or a benchmark's prose.
type predicate func(Input, Control) verdict

// special returns the predicate of a control whose wording the grammar does not cover, or
// covers only to the letter.
func special(c Control) (predicate, bool) {
	if p, ok := byID(c); ok {
		return p, true
	}
	switch c.SettingKey {
	case "apiserver:--anonymous-auth":
		return anonymousAccess, true
	case "apiserver:--authorization-mode":
		return authorizationMode, true
	case "apiserver:--tls-cipher-suites", "kubelet:tlsCipherSuites":
		return cipherSuites, true
	case "apiserver:--enable-admission-plugins:AlwaysPullImages":
		return alwaysPull, true
	case "apiserver:--enable-admission-plugins:ValidatingAdmissionWebhook":
		return onByDefault, true
	case "kubelet:tlsCertFile", "kubelet:tlsPrivateKeyFile":
		return servingCertificate, true
	case "kubelet:--hostname-override":
		return hostnameOverride, true
	case "podsecurity:mechanism":
		return podSecurityDefaults, true
	case "podsecurity:seccompProfile":
		return seccomp, true
	case "apiserver:--enable-admission-plugins:ImagePolicyWebhook", "admission:image-provenance":
		return imageProvenance, true
	case "admission:vap":
		return policiesPresent, true
	case "admission:label-guard":
		return labelsGuarded, true
	case "networkpolicy:default-deny", "networkpolicy:per-namespace":
		return defaultDeny, true
	case "networkpolicy:metadata-block":
		return metadataBlocked, true
	case "networkpolicy:ports", "networkpolicy:micro":
		return allowances, true
	case "namespace:limitrange", "namespace:resourcequota":
		return limitsPresent, true
	}
	if strings.HasPrefix(c.SettingKey, "podsecurity:") {
		return podSecurityLevel, true
	}
	return nil, false
}

// byID is special for controls whose setting several share.
func byID(c Control) (predicate, bool) {
	switch c.ID {
	case "3.2.2", "K10.2", "NSA-LOG-02", "V-242403":
		return auditPredicate(c)
	case "V-242461":
		return auditPolicyGiven, true
	case "1.2.28", "V-274882", "NSA-NET-17", "APP.4.4.A20":
		return encryptionAtRest, true
	case "2.7", "NSA-NET-13":
		return etcdOwnCA, true
	case "K07.1":
		return cisFollowed, true
	case "K09.1":
		return externalIdentity, true
	case "KC-ADM-1":
		return admissionDefaults, true
	case "APP.4.4.A14":
		return controlPlaneTaint, true
	case "APP.4.4.A17(1)":
		return kubeletMutualTLS, true
	case "KC-AUTH-4":
		return certificateValidity, true
	case "K01.7":
		return memoryLimited, true
	case "K01", "K04", "K05", "K09", "K10":
		// Judged from its parts once these are; without them it stays so.
		return func(Input, Control) verdict { return verdict{NotMet, "none of its parts is judged"} }, true
	}
	return nil, false
}

// rewordings gives the predicate of a control whose wording is prose or says less than it
// means. Each has its reason.
func rewordings(c Control) (string, bool) {
	switch c.ID {
	case "4.2.13", "NSA-NET-07":
		return "> 0", true // -1 is there, but is no limit
	case "4.3.1":
		return "absent or 127.0.0.1:*", true
	case "5.5.1":
		return "contains ImagePolicyWebhook", true // policies that do the same are judged by hand
	case "V-242414", "APP.4.4.A4", "APP.4.4.A9(6)":
		return "enforce >= baseline", true // the level that forbids what their prose names
	case "V-242397":
		return "absent", true // its setting key is the workers' alone
	}
	return "", false
}

// expectation returns the parsed predicate of a control.
func expectation(c Control) (expression, error) {
	text := c.Expect
	if other, ok := rewordings(c); ok {
		text = other
	}
	return parseExpect(text)
}

// literal judges a control by the grammar alone.
func (in Input) literal(c Control) (bool, string) {
	e, err := expectation(c)
	if err != nil {
		return false, "cannot be judged: " + err.Error()
	}
	return in.eval(e, subjectOf(c.SettingKey))
}

// either returns Met when ok, otherwise NotMet, with what was seen.
func either(ok bool, evidence string) verdict {
	if ok {
		return verdict{Met, evidence}
	}
	return verdict{NotMet, evidence}
}

// api finds a flag or document of kube-apiserver.
func (in Input) api(path string) found {
	return in.find(settings.Key{Component: settings.APIServer, Path: path})
}

// onBothKubelets judges a field on either role and says what it saw.
func (in Input) onBothKubelets(field string, test func(found) bool) (bool, string) {
	var seen []found
	for _, k := range both(field) {
		f := in.find(k)
		if !test(f) {
			return false, f.describe()
		}
		seen = append(seen, f)
	}
	return true, describeAll(seen)
}

func equals(want string) func(found) bool {
	return func(f found) bool { return f.value != nil && same(f.text(), want) }
}

// cisFollowed: the rendered controls of the current CIS benchmark's first level, judged as one.
func cisFollowed(in Input, _ Control) verdict {
	var parts []Result
	for _, c := range Controls() {
		if c.Benchmark == "cis-2.0.1" && c.Level == "L1" && c.Scope == Rendered {
			parts = append(parts, Result{Control: c, State: in.judge(c).state})
		}
	}
	state, evidence := worst(parts)
	return verdict{state, "of CIS 2.0.1 level 1 " + evidence}
}

// certificateValidity: leaf certificates of at most three years.
func certificateValidity(in Input, _ Control) verdict {
	f := in.find(settings.Key{Component: settings.Kubeadm, Path: "certificateValidityPeriod"})
	if f.layer == nowhere {
		// k8s.io/kubernetes v1.33.13 to v1.37.0, cmd/kubeadm/app/constants, CertificateValidityPeriod
		return verdict{Met, "kubeadm issues certificates for a year"}
	}
	seconds, ok := number(f.text())
	return either(ok && seconds <= 3*365*24*60*60, f.describe())
}

// controlPlaneTaint: kubeadm taints control-plane nodes, and a profile cannot take that away.
func controlPlaneTaint(_ Input, _ Control) verdict {
	// k8s.io/kubernetes v1.33.13 to v1.37.0, cmd/kubeadm/app/util/config/initconfiguration.go
	return verdict{Met, "kubeadm taints control-plane nodes with node-role.kubernetes.io/control-plane:NoSchedule"}
}

// etcdOwnCA: etcd wants client certificates, by a CA that is not the cluster's. That the two
// files hold different certificates is seen on the node only.
func etcdOwnCA(in Input, c Control) verdict {
	if c.ID == "NSA-NET-13" {
		if ok, evidence := in.literal(Control{Benchmark: c.Benchmark, SettingKey: c.SettingKey, Expect: "== true"}); !ok {
			return verdict{NotMet, evidence}
		}
	}
	etcd := in.find(settings.Flag(settings.Etcd, "trusted-ca-file"))
	cluster := in.api("--client-ca-file")
	evidence := etcd.describe() + "; " + cluster.describe()
	return either(etcd.written() && etcd.text() != "" && etcd.text() != cluster.text(), evidence)
}

// elementsOf returns the elements of a list flag as it stands.
func (in Input) elementsOf(flag string) []string { return elements(in.api(flag).value) }

// enabled reports whether an admission plugin is named, and whether it is disabled.
func (in Input) plugin(name string) (named, disabled bool) {
	return slices.Contains(in.elementsOf("--enable-admission-plugins"), name),
		slices.Contains(in.elementsOf("--disable-admission-plugins"), name)
}
