package resolve

import (
	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/nearest"
	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// Where a kubelet finds a serving certificate that the user provides.
const (
	providedCert = "/var/lib/kubelet/pki/kubelet-serving.crt"
	providedKey  = "/var/lib/kubelet/pki/kubelet-serving.key"
)

func roles() []string { return []string{settings.ControlPlane, settings.Worker} }

// kubeletField sets a field on both roles, unless the profile says it itself.
func (b *builder) kubeletField(path string, shape settings.Shape, v any, p place) {
	for _, role := range roles() {
		k := settings.Key{Component: settings.Kubelet, Role: role, Path: path}
		if _, ok := b.set.Get(k); !ok {
			b.derive(k, shape, v, p)
		}
	}
}

// expandKubelet takes the fields and flags that a profile names, those of both roles first.
func expandKubelet(b *builder) {
	k := b.profile.Kubelet
	for _, role := range roles() {
		b.expandFields("KubeletConfiguration", settings.Key{Component: settings.Kubelet, Role: role}, k.Config, at("kubelet", "config"))
		b.userFlags(settings.Kubelet, role, k.Flags, at("kubelet", "flags"))
	}
	for _, own := range []struct {
		role, section string
		part          profiles.KubeletRole
	}{{settings.ControlPlane, "controlPlane", k.ControlPlane}, {settings.Worker, "worker", k.Worker}} {
		p := at("kubelet", own.section)
		b.expandFields("KubeletConfiguration", settings.Key{Component: settings.Kubelet, Role: own.role}, own.part.Config, p.in("config"))
		b.userFlags(settings.Kubelet, own.role, own.part.Flags, p.in("flags"))
		b.staticPods(own.role, own.part.StaticPods, p.in("staticPods"))
	}
	b.imageCredentialVerification()
}

// staticPods takes away the directory of static pods, which kubeadm sets on every node.
func (b *builder) staticPods(role string, wanted *bool, p place) {
	if wanted == nil || *wanted {
		return
	}
	b.derive(settings.Key{Component: settings.Kubelet, Role: role, Path: "staticPodPath"}, settings.Scalar, nil, p)
}

// unknownField says why a field cannot be rendered. o is where its name stands.
func (b *builder) unknownField(kind, path string, o settings.Origin, p place) {
	if removed, ok := b.minor.Removed(kind, path); ok {
		b.report(diag.Error, o, p.String(), removed.Instead, "%s has no field %q since Kubernetes %s", kind, path, removed.Since)
		return
	}
	hint := since(kind, catalog.ThingField, path)
	if hint == "" {
		hint = nearest.Hint(path, b.minor.Fields(kind))
	}
	b.report(diag.Error, o, p.String(), hint, "%s of Kubernetes %s has no field %q", kind, b.minor.Name, path)
}

// imageCredentialVerification sets the policy only where its gate is on: with the gate off the
// kubelet refuses to start (kubernetes v1.34.4, pkg/kubelet/apis/config/validation).
func (b *builder) imageCredentialVerification() {
	policy := b.profile.Kubelet.ImageCredentialVerification
	if policy == "" {
		return
	}
	p := at("kubelet", "imageCredentialVerification")
	if gate, ok := b.minor.FeatureGate("KubeletEnsureSecretPulledImages"); !ok || !gate.Default {
		b.warn(p, "it works from 1.35 on", "Kubernetes %s does not verify image credentials: left out", b.minor.Name)
		return
	}
	b.kubeletField("imagePullCredentialsVerificationPolicy", settings.Scalar, policy, p)
}

// expandServingCertificates wires the kubelets' serving certificates at both ends.
func expandServingCertificates(b *builder) {
	p := at("kubelet", "servingCertificates")
	for _, role := range roles() {
		for _, owned := range []string{"serverTLSBootstrap", "tlsCertFile", "tlsPrivateKeyFile"} {
			k := settings.Key{Component: settings.Kubelet, Role: role, Path: owned}
			if setting, ok := b.set.Get(k); ok && b.profile.Kubelet.ServingCertificates != "" {
				b.report(diag.Error, setting.Value.Origin, k.String(), "set only kubelet.servingCertificates", "field %q belongs to a section of the profile", owned)
			}
		}
	}
	switch b.profile.Kubelet.ServingCertificates {
	case profiles.ServingSelfSigned:
		b.kubeletField("serverTLSBootstrap", settings.Scalar, false, p)
	case profiles.ServingProvided:
		b.kubeletField("tlsCertFile", settings.Scalar, providedCert, p)
		b.kubeletField("tlsPrivateKeyFile", settings.Scalar, providedKey, p)
	case profiles.ServingRotated:
		b.rotationGate(p)
		b.kubeletField("serverTLSBootstrap", settings.Scalar, true, p)
		b.kubeletField("rotateCertificates", settings.Scalar, true, p)
		b.flag(settings.APIServer, "kubelet-certificate-authority", layout.ClusterCA, p)
	}
}

// rotationGate refuses a kubelet that would not start (kubernetes v1.37.0,
// pkg/kubelet/apis/config/validation/validation.go; the gate is beta in every minor).
func (b *builder) rotationGate(p place) {
	for _, role := range roles() {
		k := settings.Key{Component: settings.Kubelet, Role: role, Path: "featureGates"}
		gates := b.set.Value(k)
		if gates == nil {
			continue
		}
		if gate := gates.Get("RotateKubeletServerCertificate"); gate != nil && gate.Text == "false" {
			b.faultAt(gate, k, "remove it", "with RotateKubeletServerCertificate off a kubelet does not start with %s: rotated", p)
		}
	}
}

// expandKubeProxy takes the fields that a profile names.
func expandKubeProxy(b *builder) {
	b.expandFields("KubeProxyConfiguration", settings.Key{Component: settings.KubeProxy}, b.profile.KubeProxy.Config, at("kubeProxy", "config"))
}
