package companions

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	v1beta1 "istio.io/api/security/v1beta1"
	security "istio.io/client-go/pkg/apis/security/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	sigsyaml "sigs.k8s.io/yaml"
)

func TestMesh(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := security.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	bundles(t, func(t *testing.T, dir string) {
		found := decode[security.PeerAuthentication](t, read(t, dir, "companions/mesh/peer-authentication.yaml"))
		if len(found) != 1 {
			t.Fatalf("%d objects", len(found))
		}
		if err := strictSpec(documents(t, read(t, dir, "companions/mesh/peer-authentication.yaml"))[0]); err != nil {
			t.Error(err)
		}
		o := &found[0]
		if gvk := schema.FromAPIVersionAndKind(o.APIVersion, o.Kind); !scheme.Recognizes(gvk) {
			t.Errorf("Istio does not know %s", gvk)
		}
		want := map[string]string{"all": "istio-system", "manifests": "shop"}[filepath.Base(dir)]
		if o.Spec.GetMtls().GetMode() != v1beta1.PeerAuthentication_MutualTLS_STRICT || o.Spec.GetSelector() != nil || o.Namespace != want || o.Name != "default" {
			t.Errorf("it is not strict for a whole namespace: %+v", o)
		}
	})
}

// strictSpec reads a spec without the leniency of Istio's own JSON, which passes over unknown fields.
func strictSpec(doc any) error {
	spec, err := json.Marshal(doc.(map[string]any)["spec"])
	if err != nil {
		return err
	}
	return protojson.Unmarshal(spec, &v1beta1.PeerAuthentication{})
}

// TestIstioRefuses shows that what reads the file above is strict.
func TestIstioRefuses(t *testing.T) {
	for _, text := range []string{"spec: {mtls: {mode: STRICTEST}}", "spec: {mtls: {modus: STRICT}}", "spec: {portMtls: {}}"} {
		if err := strictSpec(documents(t, []byte(text))[0]); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
	var o security.PeerAuthentication
	if err := sigsyaml.UnmarshalStrict([]byte("spek: {}"), &o); err == nil {
		t.Error("an unknown field beside spec is taken")
	}
}
