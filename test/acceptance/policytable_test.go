package acceptance

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// policyRow is one row of testdata/policies, as its README tells.
type policyRow struct {
	Is          string   `json:"is"`
	Kind        string   `json:"kind"`
	Kinds       any      `json:"kinds"`
	Spec        document `json:"spec"`
	Annotations document `json:"annotations"`
	Labels      document `json:"labels"`
	Before      document `json:"before"`
	Patch       document `json:"patch"`
	Do          string   `json:"do"`
	In          string   `json:"in"`
	As          string   `json:"as"`
	Message     string   `json:"message"`
	Denied      string   `json:"denied"`
	Allowed     bool     `json:"allowed"`
	Minors      []string `json:"minors"`
	policy      string   // the file's
	object      string   // the name of the row's object
	expected    string   // what the policy says; "" where it allows the row
}

// workloads are the kinds that have a template of a pod.
var workloads = []string{"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob"}

// policyRows reads the rows of a minor from every file, those of several kinds apart.
func policyRows(t *testing.T, minor string) []*policyRow {
	t.Helper()
	files, err := filepath.Glob("testdata/policies/*.yaml")
	if err != nil || len(files) != 20 {
		t.Fatalf("%d files of rows (%v), and there are 20 policies", len(files), err)
	}
	var rows []*policyRow
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			Kind, Message string
			Rows          []policyRow
		}
		if err := yaml.UnmarshalStrict(data, &file); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		policy := strings.TrimSuffix(filepath.Base(path), ".yaml")
		for i, row := range file.Rows {
			if row.Allowed == (row.Denied != "") {
				t.Fatalf("%s: %s: either allowed or denied", path, row.Is)
			}
			if len(row.Minors) > 0 && !slices.Contains(row.Minors, minor) {
				continue
			}
			row.policy = policy
			if row.Denied != "" {
				row.expected = file.Message
				if row.Message != "" {
					row.expected = row.Message
				}
				row.expected = strings.ReplaceAll(row.expected, "%s", row.Denied)
			}
			if row.Kind == "" {
				row.Kind = file.Kind
			}
			if row.Do == "" {
				row.Do = "create"
			}
			for _, kind := range row.kinds() {
				one := row
				one.Kind, one.object = kind, fmt.Sprintf("row-%d-%s", i+1, strings.ToLower(kind))
				if one.Kind == "Namespace" {
					one.object = policy + "-" + one.object
				}
				rows = append(rows, &one)
			}
		}
	}
	return rows
}

// kinds are the kinds of objects that a row is sent as.
func (row *policyRow) kinds() []string {
	switch kinds := row.Kinds.(type) {
	case string:
		if kinds == "all" {
			return append([]string{"Pod"}, workloads...)
		}
		return workloads
	case []any:
		var list []string
		for _, kind := range kinds {
			list = append(list, fmt.Sprint(kind))
		}
		return list
	}
	if row.Kind == "" {
		return []string{"Pod"}
	}
	return []string{row.Kind}
}

func (row *policyRow) String() string {
	return fmt.Sprintf("%s: %s (%s %s)", row.policy, row.Is, row.Do, row.Kind)
}

// namespace is where a row's object stands: one where, of all policies, only the row's holds; or another.
func (row *policyRow) namespace() string {
	switch row.In {
	case "kube-system", "elsewhere":
		return row.In
	case "":
		return row.policy
	}
	return row.policy + "-" + row.In
}

// collection is the path of the objects of a row's kind.
func (row *policyRow) collection() string {
	base := map[string]string{"Pod": "/api/v1", "Service": "/api/v1", "ReplicationController": "/api/v1", "Job": "/apis/batch/v1", "CronJob": "/apis/batch/v1"}[row.Kind]
	switch {
	case row.Kind == "Namespace":
		return "/api/v1/namespaces"
	case base == "":
		base = "/apis/apps/v1"
	}
	return base + "/namespaces/" + row.namespace() + "/" + strings.ToLower(row.Kind) + "s"
}

// resource is the name that a refusal begins with.
func (row *policyRow) resource() string {
	group := map[string]string{"Deployment": ".apps", "StatefulSet": ".apps", "DaemonSet": ".apps", "ReplicaSet": ".apps", "Job": ".batch", "CronJob": ".batch"}[row.Kind]
	return strings.ToLower(row.Kind) + "s" + group
}

// name is that of the row's object.
func (row *policyRow) name() string {
	if row.Kind == "Namespace" && row.In != "" {
		return row.In
	}
	return row.object
}

// likedImage is an image that every policy allows.
const likedImage = "registry.example.org/team/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// completed copies a pod's spec and adds what a row need not say.
func completed(spec document, kind string) document {
	full := copied(spec)
	if full == nil {
		full = document{}
	}
	if full["containers"] == nil {
		full["containers"] = []any{document{"name": "app"}}
	}
	withImages(full)
	if kind == "Job" || kind == "CronJob" {
		full["restartPolicy"] = "Never"
	}
	return full
}

// withImages gives an image to containers that have none.
func withImages(spec document) {
	for _, kind := range []string{"containers", "initContainers", "ephemeralContainers"} {
		list, _ := spec[kind].([]any)
		for _, entry := range list {
			if container := entry.(map[string]any); container["image"] == nil {
				container["image"] = likedImage
			}
		}
	}
}

// copied is a deep copy.
func copied(content document) document {
	data, err := json.Marshal(content)
	if err != nil {
		panic(err) // it was read from YAML
	}
	var copy document
	if err := json.Unmarshal(data, &copy); err != nil {
		panic(err)
	}
	return copy
}

// whole is a whole object of the row's kind with the given spec (of a Namespace: with these labels).
func (row *policyRow) whole(spec document) document {
	version := "apps/v1"
	switch row.Kind {
	case "Pod", "Service", "Namespace", "ReplicationController":
		version = "v1"
	case "Job", "CronJob":
		version = "batch/v1"
	}
	object := document{"apiVersion": version, "kind": row.Kind, "metadata": document{"name": row.name()}}
	switch row.Kind {
	case "Namespace":
		at(object, "metadata")["labels"] = spec
		return object
	case "Service":
		object["spec"] = copied(spec)
		return object
	}
	at(object, row.pod("metadata")...)["labels"] = document{"app": row.object}
	if row.Annotations != nil {
		at(object, row.pod("metadata")...)["annotations"] = row.Annotations
	}
	for key, value := range completed(spec, row.Kind) {
		at(object, row.pod("spec")...)[key] = value
	}
	switch row.Kind {
	case "ReplicationController":
		at(object, "spec")["selector"] = document{"app": row.object}
	case "CronJob":
		at(object, "spec")["schedule"] = "0 0 * * *"
	case "StatefulSet":
		at(object, "spec")["serviceName"] = row.object
		fallthrough
	case "Deployment", "DaemonSet", "ReplicaSet":
		at(object, "spec", "selector")["matchLabels"] = document{"app": row.object}
	}
	return object
}

// pod is the path within the row's object to a part of its pod.
func (row *policyRow) pod(part string) []string {
	switch row.Kind {
	case "Pod":
		return []string{part}
	case "CronJob":
		return []string{"spec", "jobTemplate", "spec", "template", part}
	}
	return []string{"spec", "template", part}
}

// request is what a row sends.
type request struct {
	method, path, contentType string
	body                      document
}

const (
	asObject         = "application/json"
	asStrategicPatch = "application/strategic-merge-patch+json"
	asMergePatch     = "application/merge-patch+json"
)

// request makes the row's request; the API server does all of it but keep the result.
func (row *policyRow) request() (request, error) {
	const dryRun = "?dryRun=All&fieldValidation=Strict"
	own := row.collection() + "/" + row.name()
	switch row.Do {
	case "create":
		spec := row.Spec
		if row.Kind == "Namespace" {
			spec = row.Labels
		}
		return request{"POST", row.collection() + dryRun, asObject, row.whole(spec)}, nil
	case "update":
		patch := copied(row.Patch)
		if patch == nil {
			patch = document{}
		}
		if row.Labels != nil {
			at(patch, "metadata")["labels"] = row.Labels
		}
		if row.Spec != nil {
			at(patch, row.pod("spec")[:len(row.pod("spec"))-1]...)["spec"] = copied(row.Spec)
		}
		return request{"PATCH", own + dryRun, asStrategicPatch, patch}, nil
	case "scale":
		return request{"PATCH", own + "/scale" + dryRun, asMergePatch, document{"spec": document{"replicas": 5}}}, nil
	case "delete":
		return request{"DELETE", own + "?dryRun=All", asObject, nil}, nil
	case "ephemeral":
		spec := copied(row.Spec)
		withImages(spec)
		return request{"PATCH", own + "/ephemeralcontainers" + dryRun, asStrategicPatch, document{"spec": spec}}, nil
	case "status":
		return request{"PATCH", own + "/status" + dryRun, asMergePatch, document{"metadata": document{"labels": row.Labels}}}, nil
	case "finalize":
		body := row.whole(row.Labels)
		at(body, "spec")["finalizers"] = []any{"kubernetes"}
		return request{"PUT", own + "/finalize" + dryRun, asObject, body}, nil
	case "exec":
		return request{"POST", own + "/exec?command=id&stdout=true", asObject, nil}, nil
	case "attach":
		return request{"POST", own + "/attach?stdout=true", asObject, nil}, nil
	case "portforward":
		return request{"POST", own + "/portforward?ports=80", asObject, nil}, nil
	}
	return request{}, fmt.Errorf("%s: do what?", row)
}
