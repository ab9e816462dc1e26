package cluster

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

func policyBehaviours() []behaviour {
	return []behaviour{
		{name: "each admission policy of the profile refuses, or warns of, what its table says", plain: lacks, shows: "host-path: .*: not refused", check: policiesAsTold},
		{name: "labels of Pod Security and exemption are set by the named groups alone", plain: absent, applies: hasPolicy("namespace-labels"), check: labelsGuarded},
		{name: "nobody runs commands in pods of kube-system", plain: lacks, shows: "Upgrade request required", applies: hasPolicy("exec"), check: noExec},
	}
}

func hasPolicy(name string) func(*cluster) bool {
	return func(c *cluster) bool {
		policies, err := c.policies()
		return err == nil && slices.ContainsFunc(policies, func(p policy) bool { return p.name == name })
	}
}

// labelsGuarded asks as an administrator who is not of the groups that the policy names.
func labelsGuarded(c *cluster) (string, error) {
	administrator := c.admin.impersonating("someone", "oidc:administrator", "system:authenticated")
	var saw []string
	for name, labels := range map[string]object{
		"plain":  {"example.org/team": "a"},
		"exempt": {"policies.hardstrap.dev/host-path": "exempt"},
		"looser": {"pod-security.kubernetes.io/enforce": "privileged"},
	} {
		got, err := administrator.call(http.MethodPost, "/api/v1/namespaces?dryRun=All", object{"metadata": object{"name": "guarded-" + name, "labels": labels}})
		if err != nil {
			return "", err
		}
		refused := got.status >= 400 && strings.Contains(got.message(), "hardstrap-namespace-labels")
		if refused == (name == "plain") {
			return "", fmt.Errorf("a namespace with %v: %d %s", labels, got.status, got.message())
		}
		if refused {
			saw = append(saw, name)
		}
	}
	slices.Sort(saw)
	return "refused: " + strings.Join(saw, ", "), nil
}

func noExec(c *cluster) (string, error) {
	got, err := c.admin.call(http.MethodPost, "/api/v1/namespaces/kube-system/pods/etcd-"+c.first.Name+"/exec?command=true&stdout=true", nil)
	if err == nil && !strings.Contains(got.message(), "hardstrap-exec") {
		err = fmt.Errorf("%d %s", got.status, got.message())
	}
	return got.message(), err
}

// table is a file of test/acceptance/testdata/policies; its README says what the fields mean. Of its rows those that
// need nothing but an object to be made are asked here too, where everything else of the profile holds as well.
type table struct {
	Kind    string
	Message string
	Rows    []struct {
		Is, Kind, Message, Denied, Do, In, As string
		Kinds                                 any
		Spec                                  object
		Annotations, Before, Labels, Patch    object
		Allowed                               bool
		Minors                                []string
	}
}

// policy is one that the bundle has.
type policy struct {
	name    string // as in the profile
	actions []string
}

func (c *cluster) policies() ([]policy, error) {
	files, err := filepath.Glob(filepath.Join(c.bundles, c.bundle, "manifests/50-admission-policies/*.yaml"))
	if err != nil {
		return nil, err
	}
	var found []policy
	for _, file := range files {
		documents, err := readYAML(file)
		if err != nil {
			return nil, err
		}
		for _, document := range documents {
			if document["kind"] != "ValidatingAdmissionPolicyBinding" {
				continue
			}
			name := strings.TrimPrefix(fmt.Sprint(within(document, "metadata", "name")), "hardstrap-")
			p := policy{name: name}
			for _, action := range list(within(document, "spec", "validationActions")) {
				p.actions = append(p.actions, fmt.Sprint(action))
			}
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		return nil, errors.New("the bundle has no admission policies")
	}
	return found, nil
}

func policiesAsTold(c *cluster) (string, error) {
	policies, err := c.policies()
	if err != nil {
		return "", err
	}
	var wrong, saw []string
	for _, p := range policies {
		rows, bad, err := c.asTold(p, policies)
		if err != nil {
			return "", err
		}
		wrong = append(wrong, bad...)
		if rows == 0 {
			// These have behaviours of their own; and what is only noted in the audit log cannot be seen here.
			if p.name != "namespace-labels" && (slices.Contains(p.actions, "Deny") || slices.Contains(p.actions, "Warn")) {
				wrong = append(wrong, p.name+": its table has no row that can be asked here")
			}
			continue
		}
		saw = append(saw, fmt.Sprintf("%s (%s) %d", p.name, strings.Join(p.actions, ", "), rows))
	}
	if len(wrong) > 0 {
		return "", fmt.Errorf("%d verdicts are other ones: %s", len(wrong), strings.Join(wrong, "\n"))
	}
	return strings.Join(saw, "; "), nil
}

// asTold sends the rows of a policy into a namespace that is exempt from all others, and from Pod Security.
func (c *cluster) asTold(p policy, all []policy) (rows int, wrong []string, err error) {
	data, err := os.ReadFile(filepath.Join(c.root, "test/acceptance/testdata/policies", p.name+".yaml"))
	if err != nil {
		return 0, nil, err
	}
	var file table
	if err := yaml.Unmarshal(data, &file); err != nil {
		return 0, nil, err
	}
	labels := map[string]string{"pod-security.kubernetes.io/enforce": "privileged"}
	for _, other := range all {
		if other.name != p.name {
			labels["policies.hardstrap.dev/"+other.name] = "exempt"
		}
	}
	namespace := "policy-" + p.name
	if err := c.admin.namespace(namespace, labels); err != nil {
		return 0, nil, err
	}
	for _, account := range []string{"builder", "default-builder"} { // which rows name
		if err := c.admin.create("/api/v1/namespaces/"+namespace+"/serviceaccounts", object{"metadata": object{"name": account}}); err != nil {
			return 0, nil, err
		}
	}
	for _, row := range file.Rows {
		kind := row.Kind
		if kind == "" {
			kind = file.Kind
		}
		if kind == "" {
			kind = "Pod"
		}
		if row.Do+row.In+row.As != "" || row.Before != nil || row.Annotations != nil || row.Patch != nil || row.Spec == nil || kind != "Pod" && kind != "Service" ||
			row.Kinds != nil && row.Kinds != "all" || len(row.Minors) > 0 && !slices.Contains(row.Minors, fmt.Sprint("1.", minor(c.version))) {
			continue
		}
		path, spec := "/api/v1/namespaces/"+namespace+"/pods?dryRun=All", podOf(row.Spec)
		if kind == "Service" {
			path, spec = "/api/v1/namespaces/"+namespace+"/services?dryRun=All", row.Spec
		}
		got, err := c.admin.call(http.MethodPost, path, object{"metadata": object{"name": "row"}, "spec": spec})
		if err != nil {
			return rows, wrong, err
		}
		message := row.Message
		if message == "" {
			message = file.Message
		}
		message = strings.ReplaceAll(message, "%s", row.Denied)
		denies, warns := slices.Contains(p.actions, "Deny"), slices.Contains(p.actions, "Warn")
		refused := got.status >= 400 && strings.Contains(got.message(), message)
		// The admission plugin that cis-level-1 turns on comes before the policies.
		before := p.name == "external-ips" && strings.Contains(got.message(), "Use of external IPs is denied")
		warned := slices.ContainsFunc(got.warnings, func(w string) bool { return strings.Contains(strings.ReplaceAll(w, `\"`, `"`), message) })
		switch {
		case !denies && !warns: // it only notes in the audit log
			continue
		case row.Allowed && got.status >= 400:
			wrong = append(wrong, fmt.Sprintf("%s: %s: %d %s", p.name, row.Is, got.status, got.message()))
		case !row.Allowed && before:
		case !row.Allowed && denies && !refused:
			wrong = append(wrong, fmt.Sprintf("%s: %s: not refused with %q: %d %s", p.name, row.Is, message, got.status, got.message()))
		case !row.Allowed && warns && !warned:
			wrong = append(wrong, fmt.Sprintf("%s: %s: no warning of %q: %q", p.name, row.Is, message, got.warnings))
		}
		rows++
	}
	return rows, wrong, nil
}

// podOf completes a row's pod: a pod without containers gets one, and a container without an image one of a digest.
func podOf(spec object) object {
	out := object{}
	for key, value := range spec {
		out[key] = value
	}
	const image = "registry.example.org/team/app@sha256:0000000000000000000000000000000000000000000000000000000000000000"
	if out["containers"] == nil {
		out["containers"] = []any{object{"name": "app"}}
	}
	for _, key := range []string{"containers", "initContainers"} {
		for _, container := range list(out[key]) {
			if m, ok := container.(object); ok && m["image"] == nil {
				m["image"] = image
			}
		}
	}
	return out
}
