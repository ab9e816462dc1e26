package controls

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// cipherSuites: the list, or a minimum of TLS 1.3, whose suites are all strong and cannot be
// configured in Go.
func cipherSuites(in Input, c Control) verdict {
	ok, evidence := in.literal(c)
	if ok {
		return verdict{Met, evidence}
	}
	var seen []found
	for _, k := range subjectOf(c.SettingKey).keys {
		minimum := k
		minimum.Path = "--tls-min-version"
		if k.Component == settings.Kubelet {
			minimum.Path = "tlsMinVersion"
		}
		f := in.find(minimum)
		if in.find(k).written() || f.text() != "VersionTLS13" {
			return verdict{NotMet, evidence}
		}
		seen = append(seen, f)
	}
	return verdict{MetAlternative, describeAll(seen) + ", whose suites cannot be configured"}
}

// servingCertificate: a file, or a certificate that the cluster's CA signs and that rotates.
// With the second the fields of the file stay empty.
func servingCertificate(in Input, _ Control) verdict {
	set := func(f found) bool { return f.written() && f.text() != "" }
	cert, evidence := in.onBothKubelets("tlsCertFile", set)
	if cert {
		var key bool
		var more string
		if key, more = in.onBothKubelets("tlsPrivateKeyFile", set); key {
			return verdict{Met, evidence}
		}
		return verdict{NotMet, more}
	}
	if ok, rotated := in.onBothKubelets("serverTLSBootstrap", equals("true")); ok {
		return verdict{MetAlternative, rotated}
	}
	return verdict{NotMet, evidence}
}

// kubeletMutualTLS: the API server knows the kubelet by a certificate it verifies, and the
// kubelet its clients. A TPM is beyond settings.
func kubeletMutualTLS(in Input, c Control) verdict {
	serving := servingCertificate(in, c)
	if serving.state == NotMet {
		return serving
	}
	ca := in.api("--kubelet-certificate-authority")
	if !ca.written() {
		return verdict{NotMet, ca.describe()}
	}
	ok, evidence := in.onBothKubelets("authentication.x509.clientCAFile", func(f found) bool { return f.written() })
	return either(ok, serving.evidence+"; "+ca.describe()+"; "+evidence)
}

// hostnameOverride: kubeadm writes the flag by itself where the node's name differs from the
// host's, which only the host knows.
func hostnameOverride(in Input, c Control) verdict {
	ok, evidence := in.literal(c)
	if !ok {
		return verdict{NotMet, evidence}
	}
	name := in.find(settings.Key{Component: settings.Kubeadm, Path: "nodeRegistration.name"})
	if name.written() {
		return verdict{NeedsLiveCheck, name.describe() + "; kubeadm overrides the host name where it differs"}
	}
	return verdict{Met, evidence}
}

// encryptionAtRest: Secrets are listed, and what is written is encrypted by a provider that the
// control accepts. That existing data was written again is seen on a live cluster only.
func encryptionAtRest(in Input, c Control) verdict {
	flag := in.api("--encryption-provider-config")
	if !flag.written() {
		return verdict{NotMet, flag.describe()}
	}
	doc := in.api("EncryptionConfiguration")
	resources := items(doc.value.Get("resources"))
	if len(resources) == 0 {
		return verdict{NotMet, "no EncryptionConfiguration is rendered for " + flag.text()}
	}
	secrets := false
	for _, r := range resources {
		names := r.Get("resources").Strings()
		provider, version := firstProvider(r)
		evidence := fmt.Sprintf("%s are written with %s", strings.Join(names, ", "), provider)
		if provider == "identity" || provider == "" ||
			c.ID == "1.2.28" && !slices.Contains([]string{"aescbc", "kms", "secretbox"}, provider) ||
			provider == "kms" && version != "v2" {
			return verdict{NotMet, evidence + strings.TrimRight(" "+version, " ")}
		}
		if slices.ContainsFunc(names, coversSecrets) {
			secrets = true
		}
	}
	provider, _ := firstProvider(resources[0])
	switch {
	case !secrets:
		return verdict{NotMet, "EncryptionConfiguration does not list secrets"}
	case c.ID == "APP.4.4.A20":
		return verdict{NeedsLiveCheck, "Secrets are written with " + provider + "; file systems are seen on the node"}
	}
	return verdict{Met, "Secrets are written with " + provider}
}

// firstProvider returns the provider that writes, and of kms its version.
func firstProvider(resource *settings.Value) (name, version string) {
	providers := items(resource.Get("providers"))
	if len(providers) == 0 || len(providers[0].Entries) == 0 {
		return "", ""
	}
	first := providers[0].Entries[0]
	if v := first.Value.Get("apiVersion"); first.Key == "kms" && v != nil {
		version = v.Text
	}
	return first.Key, version
}

// coversSecrets reports whether an entry of an EncryptionConfiguration's resources is secrets,
// or a wildcard with them: "*." is the core group, "*.*" everything.
func coversSecrets(resource string) bool {
	return resource == "secrets" || resource == "*." || resource == "*.*"
}
