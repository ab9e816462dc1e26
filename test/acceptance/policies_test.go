package acceptance

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestPolicies asks a real kube-apiserver for a verdict on every row of testdata/policies: without policies, with all of
// them refusing, with all of them warning or auditing, and, where the minor has them, with static manifests alone.
func TestPolicies(t *testing.T) {
	minor, p := setting(t, "MINOR"), built(t)
	bundles := map[string]*bundle{}
	for _, b := range bundlesOf(t, setting(t, "POLICIES"), minor) {
		bundles[b.profile] = b
	}
	if bundles["policies"] == nil || bundles["policies-lenient"] == nil {
		t.Fatal("run.sh renders policies and policies-lenient")
	}
	results := &summary{}
	t.Cleanup(results.print)

	t.Run("objects", func(t *testing.T) {
		j := newPolicyJudge(t, bundles["policies"], p)
		free, freed := j.control(j.rows)
		j.hold()
		right, all := j.applied(bundles["policies"])
		lenient, allLenient := j.applied(bundles["policies-lenient"])
		j.typeChecked()
		state := map[bool]string{false: "accepted", true: "REJECTED"}[t.Failed()]
		results.add("%s policies: %d of %d verdicts; %d of %d as warnings and audit annotations; %d of %d refusals gone without policies: %s",
			minor, right, all, lenient, allLenient, free, freed, state)
	})
	if static := bundles["policies-static"]; static != nil {
		t.Run("static", func(t *testing.T) {
			j := newPolicyJudge(t, static, p)
			j.suffix = ".static.k8s.io"
			// namespace-labels looks at no namespace, so nothing lets it go.
			free, freed := j.control(slices.DeleteFunc(slices.Clone(j.rows), func(row *policyRow) bool { return row.Kind == "Namespace" }))
			j.hold()
			j.undeletable()
			right, all := j.verdicts(actionsOf(t, "policies-static"))
			state := map[bool]string{false: "accepted", true: "REJECTED"}[t.Failed()]
			results.add("%s policies, static: %d of %d verdicts; %d of %d refusals gone in exempt namespaces: %s", minor, right, all, free, freed, state)
		})
	}
}

// policyJudge is an API server that judges rows.
type policyJudge struct {
	t        *testing.T
	run      *run
	api      *api
	rows     []*policyRow
	suffix   string // of the policies' names
	nodeUID  string
	auditLog string
}

// mirrorNode is the node whose kubelet makes mirror pods.
const mirrorNode = "policies-node"

// identities are who asks, by the table's names.
var identities = map[string][]string{
	"ordinary":       {"jane", "ordinary"},
	"cluster-admins": {"ada", "kubeadm:cluster-admins"},
	"platform":       {"pat", "oidc:platform"},
	"platforms":      {"pat", "oidc:platforms", "ordinary"},
	"masquerade":     {"system:masters", "ordinary"},
	"node":           {"system:node:" + mirrorNode, "system:nodes"},
}

// newPolicyJudge starts etcd and kube-apiserver of a bundle, and makes what the rows take for granted, where no policy
// but namespace-labels holds.
func newPolicyJudge(t *testing.T, b *bundle, p programs) *policyJudge {
	t.Helper()
	n, err := newNode(b, p, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := &run{node: n, programs: p}
	t.Cleanup(r.close)
	for _, start := range []func() error{r.etcd, r.apiServer} {
		if err := start(); err != nil {
			t.Fatal(err)
		}
	}
	j := &policyJudge{t: t, run: r, rows: policyRows(t, b.minor)}
	if j.api, err = newAPI(r); err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(b.profile, "-static") {
		j.firstRequest()
	}
	pod := r.pods["kube-apiserver"]
	if j.auditLog, err = pod.mapped("audit-log-path", strings.Join(pod.flag("audit-log-path"), "")); err != nil {
		t.Fatal(err)
	}
	if err := j.prepare(); err != nil {
		t.Fatal(err)
	}
	return j
}

// firstRequest asks for what a static manifest refuses before anything else is asked, again and again until a policy
// has answered: it is never allowed.
func (j *policyJudge) firstRequest() {
	j.t.Helper()
	row := &policyRow{policy: "node-ports", Kind: "Service", Do: "create", In: "", object: "first", Spec: document{"type": "NodePort", "ports": []any{document{"port": 80}}}}
	path := "/api/v1/namespaces/default/services?dryRun=All"
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		got, err := j.send(request{"POST", path, asObject, row.whole(row.Spec)}, "", row)
		if err != nil {
			continue
		}
		if got.status < 300 {
			j.t.Errorf("a first request is allowed: %+v", got)
			return
		}
		if strings.HasPrefix(got.refusal, "ValidatingAdmissionPolicy ") {
			return
		}
	}
	j.t.Error("no static manifest refused the first requests")
}

// policyNames are the policies of the table.
func (j *policyJudge) policyNames() []string {
	var names []string
	for _, row := range j.rows {
		if !slices.Contains(names, row.policy) {
			names = append(names, row.policy)
		}
	}
	return names
}

// prepare makes namespaces exempt from every policy, the accounts and rights that rows name, and the objects that are
// there before.
func (j *policyJudge) prepare() error {
	policies := j.policyNames()
	if len(policies) != 20 {
		return fmt.Errorf("%d policies have rows", len(policies))
	}
	exempt := document{}
	for _, policy := range policies {
		exempt["policies.hardstrap.dev/"+policy] = "exempt"
	}
	namespaces := []string{"kube-system", "elsewhere"}
	for _, policy := range policies {
		namespaces = append(namespaces, policy, policy+"-exempt", policy+"-unexempt")
	}
	var problems []error
	put := func(path string, object document) {
		body, err := json.Marshal(object)
		if err == nil {
			_, err = j.api.do(http.MethodPost, path, string(body), http.StatusCreated, http.StatusConflict)
		}
		if err != nil {
			problems = append(problems, err)
		}
	}
	for _, name := range namespaces {
		metadata := document{"name": name}
		if name != "kube-system" {
			metadata["labels"] = exempt
		}
		put("/api/v1/namespaces", document{"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
		for _, account := range []string{"default", "builder", "default-builder"} {
			put("/api/v1/namespaces/"+name+"/serviceaccounts", document{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": document{"name": account}})
		}
	}
	rbac := "rbac.authorization.k8s.io"
	put("/apis/"+rbac+"/v1/clusterroles", document{"apiVersion": rbac + "/v1", "kind": "ClusterRole", "metadata": document{"name": "namespaces"},
		"rules": []any{document{"apiGroups": []any{""}, "resources": []any{"namespaces", "namespaces/status", "namespaces/finalize"}, "verbs": []any{"get", "create", "update", "patch", "delete"}}}})
	var subjects []any
	for _, group := range []string{"ordinary", "kubeadm:cluster-admins", "oidc:platform"} {
		subjects = append(subjects, document{"apiGroup": rbac, "kind": "Group", "name": group})
	}
	put("/apis/"+rbac+"/v1/clusterrolebindings", document{"apiVersion": rbac + "/v1", "kind": "ClusterRoleBinding", "metadata": document{"name": "namespaces"},
		"roleRef": document{"apiGroup": rbac, "kind": "ClusterRole", "name": "namespaces"}, "subjects": subjects})
	put("/api/v1/nodes", document{"apiVersion": "v1", "kind": "Node", "metadata": document{"name": mirrorNode}})
	for _, row := range j.rows {
		if row.Before != nil {
			put(row.collection(), row.whole(row.Before))
		}
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	answer, err := j.api.do(http.MethodGet, "/api/v1/nodes/"+mirrorNode, "", http.StatusOK)
	if err != nil {
		return err
	}
	var node struct{ Metadata struct{ UID string } }
	if err := json.Unmarshal(answer, &node); err != nil {
		return err
	}
	j.nodeUID = node.Metadata.UID
	return j.ready()
}

// ready waits until rights have arrived and the node is known to those who judge its requests.
func (j *policyJudge) ready() error {
	bare := []*policyRow{{policy: "elsewhere", Kind: "Pod", Do: "create", As: "node", object: "mirror"}}
	for _, as := range []string{"ordinary", "cluster-admins", "platform"} {
		bare = append(bare, &policyRow{policy: "namespace-labels", Kind: "Namespace", Do: "create", As: as, object: "bare"})
	}
	for _, row := range bare {
		var last outcome
		if err := j.until(func() bool {
			got, err := j.ask(row)
			last = got
			return err == nil && got.status < 300
		}); err != nil {
			return fmt.Errorf("%s as %s: %+v: %w", row, row.As, last, err)
		}
	}
	return nil
}

// until waits for something that takes the API server a moment.
func (j *policyJudge) until(done func() bool) error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if done() {
			return nil
		}
	}
	return fmt.Errorf("not after %s", patience)
}

// hold takes the exemption away where a policy is to hold.
func (j *policyJudge) hold() {
	j.t.Helper()
	for _, policy := range j.policyNames() {
		label := "policies.hardstrap.dev/" + policy
		for name, value := range map[string]any{policy + "-unexempt": "yes", policy: nil} {
			patch := document{"metadata": document{"labels": document{label: value}}}
			got, err := j.send(request{"PATCH", "/api/v1/namespaces/" + name, asMergePatch, patch}, "", &policyRow{Kind: "Namespace", object: name})
			if err != nil || got.status != http.StatusOK {
				j.t.Fatalf("%s: %+v, %v", name, got, err)
			}
		}
	}
}

// outcome is what the API server made of a row.
type outcome struct {
	status   int
	refusal  string   // its words, without whose they are
	warnings []string // of policies
	auditID  string
}

// send sends a request and reads the answer.
func (j *policyJudge) send(r request, as string, row *policyRow) (outcome, error) {
	var body []byte
	if r.body != nil {
		var err error
		if body, err = json.Marshal(r.body); err != nil {
			return outcome{}, err
		}
	}
	asked, err := http.NewRequest(r.method, j.api.base+r.path, bytes.NewReader(body))
	if err != nil {
		return outcome{}, err
	}
	asked.Header.Set("Content-Type", r.contentType)
	asked.Header.Set("Accept", "application/json")
	if as != "" {
		identity := identities[as]
		if identity == nil {
			return outcome{}, fmt.Errorf("nobody is called %q", as)
		}
		asked.Header.Set("Impersonate-User", identity[0])
		for _, group := range append(identity[1:len(identity):len(identity)], "system:authenticated") {
			asked.Header.Add("Impersonate-Group", group)
		}
	}
	response, err := j.api.client.Do(asked)
	if err != nil {
		return outcome{}, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return outcome{}, err
	}
	got := outcome{status: response.StatusCode, auditID: response.Header.Get("Audit-Id")}
	for _, header := range response.Header.Values("Warning") {
		text := strings.TrimPrefix(header, "299 - ")
		if plain, err := strconv.Unquote(text); err == nil {
			text = plain
		}
		if strings.HasPrefix(text, "Validation failed for ValidatingAdmissionPolicy") {
			got.warnings = append(got.warnings, text)
		}
	}
	if got.status >= 300 {
		var status struct{ Message string }
		if err := json.Unmarshal(answer, &status); err != nil {
			return got, fmt.Errorf("%s: %w", answer, err)
		}
		got.refusal = strings.TrimPrefix(status.Message, fmt.Sprintf("%s %q is forbidden: ", row.resource(), row.name()))
		connects := slices.Contains([]string{"exec", "attach", "portforward"}, row.Do)
		if connects && strings.Contains(status.Message, "does not have a host assigned") {
			// The pod runs nowhere: the request went past admission, to where a node would be asked.
			got.status, got.refusal = http.StatusOK, ""
		}
	}
	return got, nil
}

// ask sends a row.
func (j *policyJudge) ask(row *policyRow) (outcome, error) {
	r, err := row.request()
	if err != nil {
		return outcome{}, err
	}
	if row.As == "node" {
		metadata := at(r.body, "metadata")
		metadata["annotations"] = document{"kubernetes.io/config.mirror": "x", "kubernetes.io/config.hash": "x", "kubernetes.io/config.source": "file"}
		metadata["ownerReferences"] = []any{document{"apiVersion": "v1", "kind": "Node", "name": mirrorNode, "uid": j.nodeUID, "controller": true}}
		at(r.body, "spec")["nodeName"] = mirrorNode
	}
	return j.send(r, row.As, row)
}

// control sends every row that is to be refused while nothing is to refuse it, and counts those allowed: a row that is
// refused for another reason would prove nothing.
func (j *policyJudge) control(rows []*policyRow) (right, all int) {
	j.t.Helper()
	for _, row := range rows {
		if row.expected == "" {
			continue
		}
		all++
		switch got, err := j.ask(row); {
		case err != nil:
			j.t.Errorf("%s, without the policy: %v", row, err)
		case got.status >= 300 || len(got.warnings) > 0:
			j.t.Errorf("%s, without the policy: %+v, want it allowed", row, got)
		default:
			right++
		}
	}
	return right, all
}

// actionsOf reads a profile's actions: of a policy, or by "" of those that say nothing.
func actionsOf(t *testing.T, profile string) map[string][]string {
	t.Helper()
	documents, err := documentsOf("testdata/" + profile + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	read := func(content document) []string {
		list, _ := content["actions"].([]any)
		var actions []string
		for _, action := range list {
			actions = append(actions, fmt.Sprint(action))
		}
		return actions
	}
	section := at(documents[0], "admissionPolicies")
	actions := map[string][]string{"": {"Deny"}}
	if own := read(section); own != nil {
		actions[""] = own
	}
	list, _ := section["policies"].([]any)
	for _, entry := range list {
		policy := entry.(map[string]any)
		name := fmt.Sprint(policy["name"])
		if actions[name] = read(policy); actions[name] == nil {
			actions[name] = actions[""]
		}
	}
	return actions
}

// applied applies a bundle's manifests and counts the verdicts.
func (j *policyJudge) applied(b *bundle) (right, all int) {
	j.t.Helper()
	j.run.b = b
	if err := j.run.manifests(); err != nil {
		j.t.Error(err)
	}
	return j.verdicts(actionsOf(j.t, b.profile))
}

// verdicts waits until every policy holds with its actions, and counts the rows whose verdict is the expected one.
func (j *policyJudge) verdicts(actions map[string][]string) (right, all int) {
	j.t.Helper()
	asleep := j.awake(actions)
	for _, policy := range asleep {
		j.t.Errorf("%s: does not hold after %s", policy, patience)
	}
	type asked struct {
		row *policyRow
		got outcome
	}
	var answers []asked
	for _, row := range j.rows {
		all++
		got, err := j.ask(row)
		if err != nil {
			j.t.Errorf("%s: %v", row, err)
			continue
		}
		answers = append(answers, asked{row, got})
	}
	audits, err := j.audits()
	if err != nil {
		j.t.Error(err)
		return 0, all
	}
	for _, a := range answers {
		if problem := j.compare(a.row, a.got, audits[a.got.auditID], actions[a.row.policy]); problem != "" {
			j.t.Errorf("%s: %s", a.row, problem)
			continue
		}
		right++
	}
	return right, all
}

// awake asks for a row of each policy until it is judged by the policy's actions, and returns the policies that never
// come so far.
func (j *policyJudge) awake(actions map[string][]string) []string {
	var waiting []*policyRow
	for _, policy := range j.policyNames() {
		i := slices.IndexFunc(j.rows, func(row *policyRow) bool { return row.policy == policy && row.expected != "" && row.In == "" })
		waiting = append(waiting, j.rows[i])
	}
	_ = j.until(func() bool {
		answers := map[*policyRow]outcome{}
		for _, row := range waiting {
			answers[row], _ = j.ask(row)
		}
		audits, err := j.audits()
		if err != nil {
			return false
		}
		waiting = slices.DeleteFunc(waiting, func(row *policyRow) bool {
			got, wanted := answers[row], actions[row.policy]
			// Not by the words: those are the verdict.
			return got.status != 0 && strings.HasPrefix(got.refusal, "ValidatingAdmissionPolicy ") == slices.Contains(wanted, "Deny") &&
				(len(got.warnings) > 0) == slices.Contains(wanted, "Warn") && (len(audits[got.auditID]) > 0) == slices.Contains(wanted, "Audit")
		})
		return len(waiting) == 0
	})
	var names []string
	for _, row := range waiting {
		names = append(names, row.policy)
	}
	return names
}

// compare says where an outcome is not the expected one.
func (j *policyJudge) compare(row *policyRow, got outcome, audits []string, actions []string) string {
	var refusal string
	var warnings, annotations []string
	if row.expected != "" {
		name := "hardstrap-" + row.policy + j.suffix
		if slices.Contains(actions, "Deny") {
			refusal = fmt.Sprintf("ValidatingAdmissionPolicy '%s' with binding '%s' denied request: %s", name, name, row.expected)
		}
		if slices.Contains(actions, "Warn") {
			warnings = []string{fmt.Sprintf("Validation failed for ValidatingAdmissionPolicy '%s' with binding '%s': %s", name, name, row.expected)}
		}
		if slices.Contains(actions, "Audit") {
			annotations = []string{name + " " + name + " " + row.expected}
		}
	}
	switch {
	case got.refusal != refusal && refusal == "":
		return fmt.Sprintf("refused (%d):\n  %s\nwant it allowed", got.status, got.refusal)
	case got.refusal != refusal && got.refusal == "":
		return fmt.Sprintf("allowed, want:\n  %s", refusal)
	case got.refusal != refusal:
		return fmt.Sprintf("refused:\n  %s\nwant:\n  %s", got.refusal, refusal)
	case !slices.Equal(got.warnings, warnings):
		return fmt.Sprintf("warnings:\n  %q\nwant:\n  %q", got.warnings, warnings)
	case !slices.Equal(audits, annotations):
		return fmt.Sprintf("audit annotations:\n  %q\nwant:\n  %q", audits, annotations)
	}
	return ""
}

// audits reads from the audit log what policies left there, by the request: policy, binding and message.
func (j *policyJudge) audits() (map[string][]string, error) {
	file, err := os.Open(j.auditLog)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	found := map[string][]string{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var event struct {
			AuditID, Stage string
			Annotations    map[string]string
		}
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(j.auditLog), err)
		}
		text, ok := event.Annotations["validation.policy.admission.k8s.io/validation_failure"]
		if !ok || event.Stage != "ResponseComplete" {
			continue
		}
		var failures []struct{ Policy, Binding, Message string }
		if err := json.Unmarshal([]byte(text), &failures); err != nil {
			return nil, err
		}
		for _, failure := range failures {
			found[event.AuditID] = append(found[event.AuditID], failure.Policy+" "+failure.Binding+" "+failure.Message)
		}
	}
	return found, lines.Err()
}

// policyPath is where policies and bindings are.
const policyPath = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic"

// undeletable checks that the API knows nothing of static manifests, so that nobody can take them away there.
func (j *policyJudge) undeletable() {
	j.t.Helper()
	for _, policy := range j.policyNames() {
		name := "hardstrap-" + policy + j.suffix
		for kind, path := range map[string]string{"ValidatingAdmissionPolicy": policyPath + "ies", "ValidatingAdmissionPolicyBinding": policyPath + "ybindings"} {
			if _, err := j.api.do(http.MethodDelete, path+"/"+name, "", http.StatusNotFound); err != nil {
				j.t.Errorf("%s %s can be deleted: %v", kind, name, err)
			}
			body := fmt.Sprintf(`{"apiVersion":"admissionregistration.k8s.io/v1","kind":%q,"metadata":{"name":%q},"spec":{"policyName":%q,"validationActions":["Audit"],`+
				`"matchConstraints":{"resourceRules":[]},"validations":[{"expression":"true"}]}}`, kind, name, name)
			if _, err := j.api.do(http.MethodPost, path, body, http.StatusUnprocessableEntity); err != nil {
				j.t.Errorf("%s %s can be put in the way: %v", kind, name, err)
			}
		}
	}
}

// typeChecked has kube-controller-manager check the types of every expression, and finds no warning.
func (j *policyJudge) typeChecked() {
	j.t.Helper()
	r := j.run
	address, err := freeAddress()
	if err == nil {
		err = r.pointKubeconfigs()
	}
	if err != nil {
		j.t.Error(err)
		return
	}
	args, err := r.pods["kube-controller-manager"].arguments(map[string]string{"bind-address": "127.0.0.1", "secure-port": portOf(address),
		"controllers": "validatingadmissionpolicy-status-controller"})
	if err != nil {
		j.t.Error(err)
		return
	}
	p, err := r.start("kube-controller-manager", r.kube, append([]string{"kube-controller-manager"}, args...))
	if err != nil {
		j.t.Error(err)
		return
	}
	defer p.stop()
	var list struct {
		Items []struct {
			Metadata struct {
				Name       string
				Generation int64
			}
			Status struct {
				ObservedGeneration int64
				TypeChecking       struct {
					ExpressionWarnings []struct{ FieldRef, Warning string }
				}
			}
		}
	}
	err = p.until("type check of every policy", func() bool {
		answer, err := j.api.do(http.MethodGet, policyPath+"ies", "", http.StatusOK)
		if err != nil || json.Unmarshal(answer, &list) != nil || len(list.Items) != 20 {
			return false
		}
		for _, policy := range list.Items {
			if policy.Status.ObservedGeneration != policy.Metadata.Generation {
				return false
			}
		}
		return true
	})
	if err != nil {
		j.t.Errorf("%d policies: %v", len(list.Items), err)
		return
	}
	for _, policy := range list.Items {
		for _, warning := range policy.Status.TypeChecking.ExpressionWarnings {
			j.t.Errorf("%s: %s: %s", policy.Metadata.Name, warning.FieldRef, warning.Warning)
		}
	}
}
