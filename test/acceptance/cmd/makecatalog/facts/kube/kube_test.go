package kube

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Inlined is exported because reflection reads no other.
type Inlined struct {
	Inner string `json:"inner"`
}

type item struct {
	Key string `json:"key"`
}

type config struct {
	metav1.TypeMeta `json:",inline"`
	Inlined         `json:",inline"`
	Hidden          string            `json:"-"`
	Name            string            `json:"name"`
	Wait            metav1.Duration   `json:"wait"`
	Unset           *bool             `json:"unset,omitempty"`
	Set             *int32            `json:"set,omitempty"`
	Items           []item            `json:"items"`
	ByName          map[string]item   `json:"byName"`
	Labels          map[string]string `json:"labels"`
	Sub             *item             `json:"sub,omitempty"`
}

func TestFields(t *testing.T) {
	seven := int32(7)
	fields, err := Fields(&config{Set: &seven, Labels: map[string]string{"a": "b"}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]struct{ kind, value string }{
		"inner": {"string", `""`}, "name": {"string", `""`}, "wait": {"duration", `"0s"`}, "unset": {"bool", ""}, "set": {"int32", "7"},
		"items": {"[]object", ""}, "items[].key": {"string", ""}, "byName": {"map[string]object", ""}, "byName{}.key": {"string", ""},
		"labels": {"map[string]string", `{"a":"b"}`}, "sub": {"object", ""}, "sub.key": {"string", ""},
	}
	for path, w := range want {
		if got := fields[path]; got.Type != w.kind || string(got.Default) != w.value {
			t.Errorf("%s: %s %s, want %s %s", path, got.Type, got.Default, w.kind, w.value)
		}
	}
	for path := range fields {
		if _, ok := want[path]; !ok {
			t.Errorf("%s is there too", path)
		}
	}
}

func TestFieldsRefusesWhatItCannotName(t *testing.T) {
	if _, err := Fields(struct {
		C chan int `json:"c"`
	}{}); err == nil {
		t.Error("a channel has a name")
	}
	if _, err := Fields(struct{ NoTag string }{}); err == nil {
		t.Error("a field without a JSON name passes")
	}
}

func TestNewer(t *testing.T) {
	for _, c := range []struct{ a, b string }{
		{"g/v1", "g/v1beta1"}, {"g/v1beta1", "g/v1alpha1"}, {"g/v2", "g/v1"}, {"a/v1", "b/v1"}, {"g/v1beta4", "g/v1beta3"},
	} {
		if !newer(c.a, c.b) || newer(c.b, c.a) {
			t.Errorf("%s does not come before %s", c.a, c.b)
		}
	}
}
