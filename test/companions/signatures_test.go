package companions

import (
	"context"
	"testing"

	"github.com/sigstore/policy-controller/pkg/apis/glob"
	policy "github.com/sigstore/policy-controller/pkg/apis/policy/v1beta1"
)

func TestImageSignatures(t *testing.T) {
	bundles(t, func(t *testing.T, dir string) {
		found := decode[policy.ClusterImagePolicy](t, read(t, dir, "companions/image-signatures/cluster-image-policy.yaml"))
		if len(found) != 1 {
			t.Fatalf("%d objects", len(found))
		}
		o := &found[0]
		if o.APIVersion != policy.SchemeGroupVersion.String() || o.Kind != "ClusterImagePolicy" {
			t.Errorf("the policy-controller does not know %s %s", o.APIVersion, o.Kind)
		}
		before := o.DeepCopy()
		o.SetDefaults(context.Background())
		if err := o.Validate(context.Background()); err != nil {
			t.Error(err)
		}
		if before.Spec.Mode != o.Spec.Mode || o.Spec.Mode != "enforce" {
			t.Errorf("the mode is %q, and %q after defaults", before.Spec.Mode, o.Spec.Mode)
		}
		matched := false
		for _, image := range o.Spec.Images {
			ok, err := glob.Match(image.Glob, "registry.example.org/shop/web@sha256:0123456789012345678901234567890123456789012345678901234567890123")
			matched = matched || ok && err == nil
		}
		if !matched {
			t.Errorf("no image of the registry is matched by %v", o.Spec.Images)
		}
		for _, a := range o.Spec.Authorities {
			if (a.Key == nil) == (a.Keyless == nil) {
				t.Errorf("%s is neither a key nor keyless", a.Name)
			}
		}
	})
}

// TestThePolicyControllerRefuses shows that its validation is at work.
func TestThePolicyControllerRefuses(t *testing.T) {
	for name, spec := range map[string]policy.ClusterImagePolicySpec{
		"no image":  {Authorities: []policy.Authority{{Name: "a", Key: &policy.KeyRef{KMS: "awskms://x"}}}},
		"no key":    {Images: []policy.ImagePattern{{Glob: "**"}}, Authorities: []policy.Authority{{Name: "a", Key: &policy.KeyRef{Data: "x"}}}},
		"no signer": {Images: []policy.ImagePattern{{Glob: "**"}}, Authorities: []policy.Authority{{Name: "a"}}},
	} {
		if err := (&policy.ClusterImagePolicy{Spec: spec}).Validate(context.Background()); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
