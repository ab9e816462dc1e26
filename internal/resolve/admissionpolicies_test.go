package resolve_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/settings"
)

func TestAdmissionPoliciesRefused(t *testing.T) {
	var long []string // 26 characters each in the policy
	for i := range 4000 {
		long = append(long, fmt.Sprintf("r%04d.example.org/a", i))
	}
	for _, tc := range []problemCase{
		{
			name: "static manifests before 1.37", minor: "1.36",
			body: `admissionPolicies: {staticManifests: true, policies: [{name: namespace-labels}]}`,
			want: []string{
				`p.yaml:6:38: admissionPolicies.staticManifests: Kubernetes 1.36 does not read admission policies from files: it does since 1.37; leave it out: the objects in manifests/ hold the same rules`,
			},
		},
		{
			name: "static manifests without their gate", minor: "1.37",
			body: "apiServer: {flags: {feature-gates: {ManifestBasedAdmissionControlConfig: false}}}\n" +
				`admissionPolicies: {staticManifests: true, policies: [{name: namespace-labels}]}`,
			want: []string{
				`p.yaml:7:38: admissionPolicies.staticManifests: feature gate ManifestBasedAdmissionControlConfig=false (apiServer.flags.feature-gates) keeps the API server from reading the files: it would not start; drop the gate, or staticManifests`,
			},
		},
		{
			name: "static manifests without beta gates", minor: "1.37",
			body: "apiServer: {flags: {feature-gates: {AllBeta: false}}}\n" +
				`admissionPolicies: {staticManifests: true, policies: [{name: namespace-labels}]}`,
			want: []string{
				`p.yaml:7:38: admissionPolicies.staticManifests: feature gate AllBeta=false (apiServer.flags.feature-gates) keeps the API server from reading the files: it would not start; drop the gate, or staticManifests`,
			},
		},
		{
			name: "static manifests that hold in kube-system", minor: "1.37",
			body: "namespaces: [{name: kube-system, exemptions: [privileged]}]\n" +
				`admissionPolicies: {exemptNamespaces: [shop], staticManifests: true, policies: [{name: privileged}, {name: seccomp, actions: [Warn]}, {name: host-path}, {name: node-ports}, {name: namespace-labels}]}`,
			want: []string{
				`p.yaml:7:39: admissionPolicies.exemptNamespaces: kube-system is not exempt from privileged, host-path: static manifests hold from the first request, and would refuse kube-proxy, CoreDNS or the network plugin while the cluster is made; add kube-system`,
			},
		},
		{
			name: "more registries than CEL parses", minor: "1.37",
			body: "admissionPolicies: {policies: [{name: namespace-labels}, {name: allowed-registries, registries: [" + strings.Join(long, ", ") + "]}]}",
			want: []string{
				`p.yaml:6:58: admissionPolicies.policies[allowed-registries]: policy "allowed-registries" has an expression of 104002 characters; CEL parses at most 100000; shorten the policy's list`,
			},
		},
	} {
		t.Run(tc.name, tc.refused)
	}
}

// TestAdmissionPoliciesWarned has the whole list of what is said, so that a row without a wanted
// text says that nothing is.
func TestAdmissionPoliciesWarned(t *testing.T) {
	for _, tc := range []problemCase{
		{name: "all in order", minor: "1.37", body: `admissionPolicies: {policies: [{name: privileged}, {name: namespace-labels}]}`},
		{
			name: "administrators who cannot label", minor: "1.37",
			body: `rbac: {groups: [oidc:a, oidc:b], administrators: [oidc:a, oidc:b]}` + "\n" +
				`admissionPolicies: {exemptionGroups: [oidc:a], policies: [{name: namespace-labels}]}`,
			want: []string{
				`p.yaml:6:59: warning: rbac.administrators[1]: "oidc:b" cannot set labels of Pod Security or of exemption: the policy namespace-labels does not name it; add it to admissionPolicies.exemptionGroups where that is meant`,
			},
		},
		{
			name: "labels that nobody guards", minor: "1.37",
			body: `admissionPolicies: {exemptionGroups: ["oidc:platform"], policies: [{name: privileged}]}`,
			want: []string{
				`p.yaml:6:38: warning: admissionPolicies.exemptionGroups: the groups do nothing: without the policy namespace-labels everybody may set the labels; add {name: namespace-labels}`,
				`p.yaml:6:67: warning: admissionPolicies.policies: anyone who may change a namespace can exempt it from these policies by a label: no policy guards the labels; add {name: namespace-labels}`,
			},
		},
		{
			name: "kube-system is judged", minor: "1.37",
			body: "namespaces: [{name: kube-system, exemptions: [privileged]}]\n" +
				`admissionPolicies: {exemptNamespaces: [], policies: [{name: privileged}, {name: resources, actions: [Deny]}, {name: seccomp, actions: [Audit]}, {name: namespace-labels}]}`,
			want: []string{
				`p.yaml:7:39: warning: admissionPolicies.exemptNamespaces: kube-system is not exempt from resources: kube-proxy, CoreDNS or the network plugin may be refused when their pods are made again; add kube-system, or see to it that every pod there complies`,
			},
		},
		{
			name: "exemptions that do nothing", minor: "1.37",
			body: "namespaces: [{name: shop, exemptions: [privileged, host-path]}, {name: kube-system, exemptions: [privileged, exec]}]\n" +
				`admissionPolicies: {policies: [{name: privileged}, {name: exec, namespaces: [kube-system]}, {name: namespace-labels}]}`,
			want: []string{
				`p.yaml:6:98: warning: namespaces[kube-system].exemptions[0]: namespace "kube-system" is exempt from every policy already, by its name (admissionPolicies.exemptNamespaces); remove it`,
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, err := resolveText(t, tc.minor, "extends: [baseline]\n"+tc.body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, lines(r.Warnings)); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAdmissionPolicySettings looks at the actions, which come from the policy, the section or
// nowhere, and at what is set besides the objects for static manifests.
func TestAdmissionPolicySettings(t *testing.T) {
	r, err := resolveText(t, "1.37", "extends: [baseline]\n"+
		`admissionPolicies: {actions: [Warn, Audit], staticManifests: true, policies: [{name: privileged, actions: [Deny]}, {name: host-path}, {name: namespace-labels}]}`)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{"privileged": {"Deny"}, "host-path": {"Warn", "Audit"}} {
		binding := r.Settings.Value(settings.ObjectKey("ValidatingAdmissionPolicyBinding", "", "hardstrap-"+name))
		if got := binding.Lookup("spec", "validationActions").Strings(); !slices.Equal(got, want) {
			t.Errorf("%s: actions %q, want %q", name, got, want)
		}
		files := r.Settings.Value(settings.Key{Component: settings.APIServer, Path: "static/hardstrap-" + name + ".static.k8s.io"})
		if got := files.Items[1].Lookup("spec", "validationActions").Strings(); !slices.Equal(got, want) {
			t.Errorf("%s: actions of the file %q, want %q", name, got, want)
		}
		object := r.Settings.Value(settings.ObjectKey("ValidatingAdmissionPolicy", "", "hardstrap-"+name))
		if !settings.Equal(object.Get("spec"), files.Items[0].Get("spec")) {
			t.Errorf("%s: the file says something else than the object", name)
		}
	}
	var plugins []string
	for _, p := range r.Settings.Value(settings.Key{Component: settings.APIServer, Path: "AdmissionConfiguration"}).Get("plugins").Items {
		plugins = append(plugins, p.Get("name").Text+" "+p.Get("path").Text)
	}
	if want := "ValidatingAdmissionPolicy validating-admission-policy.yaml"; !slices.Contains(plugins, want) {
		t.Errorf("AdmissionConfiguration has %q, and not %q", plugins, want)
	}
}
