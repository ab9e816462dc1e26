package acceptance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/component-base/version"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/rbac"
	_ "k8s.io/kubernetes/pkg/apis/rbac/install" // the scheme's
	"k8s.io/kubernetes/pkg/apis/rbac/validation"
	rbacregistry "k8s.io/kubernetes/pkg/registry/rbac/validation"
	rbacauthorizer "k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac"
	"k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy"
	"sigs.k8s.io/yaml"
)

// rbacObjects are roles and bindings, Kubernetes' own among them.
type rbacObjects struct {
	roles               []*rbacv1.Role
	roleBindings        []*rbacv1.RoleBinding
	clusterRoles        []*rbacv1.ClusterRole
	clusterRoleBindings []*rbacv1.ClusterRoleBinding
	rendered            int
}

// newRBAC has what an API server makes itself when it starts. The rules of view, edit and admin are those of the roles
// that they take in, each the one before it too, which a controller puts there.
func newRBAC() *rbacObjects {
	o := &rbacObjects{}
	byName := map[string]*rbacv1.ClusterRole{}
	for _, r := range bootstrappolicy.ClusterRoles() {
		o.clusterRoles = append(o.clusterRoles, &r)
		byName[r.Name] = &r
	}
	var rules []rbacv1.PolicyRule
	for _, name := range []string{"view", "edit", "admin"} {
		rules = append(rules[:len(rules):len(rules)], byName["system:aggregate-to-"+name].Rules...)
		byName[name].Rules = rules
	}
	for _, b := range bootstrappolicy.ClusterRoleBindings() {
		o.clusterRoleBindings = append(o.clusterRoleBindings, &b)
	}
	return o
}

// add takes an object as the API server does: decoded strictly into its type, defaulted and validated.
func (o *rbacObjects) add(data []byte) error {
	codecs := serializer.NewCodecFactory(legacyscheme.Scheme, serializer.EnableStrict)
	decoded, _, err := codecs.UniversalDeserializer().Decode(data, nil, nil)
	if err != nil {
		return err
	}
	legacyscheme.Scheme.Default(decoded)
	internal, err := legacyscheme.Scheme.ConvertToVersion(decoded, rbac.SchemeGroupVersion)
	if err != nil {
		return err
	}
	o.rendered++
	switch object := decoded.(type) {
	case *rbacv1.Role:
		o.roles = append(o.roles, object)
	case *rbacv1.RoleBinding:
		o.roleBindings = append(o.roleBindings, object)
	case *rbacv1.ClusterRole:
		o.clusterRoles = append(o.clusterRoles, object)
	case *rbacv1.ClusterRoleBinding:
		o.clusterRoleBindings = append(o.clusterRoleBindings, object)
	default:
		return fmt.Errorf("%T is nothing of RBAC's", decoded)
	}
	return validateRBAC(internal).ToAggregate()
}

func validateRBAC(object runtime.Object) field.ErrorList {
	switch object := object.(type) {
	case *rbac.Role:
		return validation.ValidateRole(object)
	case *rbac.RoleBinding:
		return validation.ValidateRoleBinding(object)
	case *rbac.ClusterRole:
		return validation.ValidateClusterRole(object, validation.ClusterRoleValidationOptions{})
	case *rbac.ClusterRoleBinding:
		return validation.ValidateClusterRoleBinding(object)
	}
	return nil
}

// addBundle takes the roles and bindings of a bundle's manifests.
func (o *rbacObjects) addBundle(b *bundle) error {
	var problems []error
	for _, file := range b.below("manifests") {
		documents, err := documentsOf(b.path(file))
		if err != nil {
			return err
		}
		for _, content := range documents {
			if content["apiVersion"] != rbacv1.SchemeGroupVersion.String() {
				continue
			}
			data, err := yaml.Marshal(content)
			if err != nil {
				return err
			}
			if err := o.add(data); err != nil {
				problems = append(problems, fmt.Errorf("%s: %v %v: %w", file, content["kind"], at(content, "metadata")["name"], err))
			}
		}
	}
	return errors.Join(problems...)
}

// dangling names the bindings whose role is nowhere.
func (o *rbacObjects) dangling() []string {
	resolver, _ := o.resolver()
	var out []string
	look := func(ref rbacv1.RoleRef, namespace, name string) {
		if _, err := resolver.GetRoleReferenceRules(context.Background(), ref, namespace); err != nil {
			out = append(out, fmt.Sprintf("%s: %v", name, err))
		}
	}
	for _, b := range o.roleBindings {
		look(b.RoleRef, b.Namespace, b.Name)
	}
	for _, b := range o.clusterRoleBindings {
		look(b.RoleRef, "", b.Name)
	}
	return out
}

func (o *rbacObjects) resolver() (rbacregistry.AuthorizationRuleResolver, *rbacregistry.StaticRoles) {
	return rbacregistry.NewTestRuleResolver(o.roles, o.roleBindings, o.clusterRoles, o.clusterRoleBindings)
}

// TestRBACOfBundles: what is rendered decodes strictly, is valid, and binds roles that are there.
func TestRBACOfBundles(t *testing.T) {
	minor := setting(t, "MINOR")
	for _, b := range bundlesOf(t, setting(t, "BUNDLES"), minor) {
		t.Run(b.profile, func(t *testing.T) {
			o := newRBAC()
			if err := o.addBundle(b); err != nil {
				t.Error(err)
			}
			for _, name := range o.dangling() {
				t.Error(name)
			}
			if b.profile == "manifests" && o.rendered < 12 {
				t.Errorf("only %d roles and bindings", o.rendered)
			}
			t.Logf("%d roles and bindings", o.rendered)
		})
	}
}

// TestRBACFaults puts faults into an object, each of which must be refused.
func TestRBACFaults(t *testing.T) {
	const head = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}\n"
	for name, text := range map[string]string{
		"a field that is not there": head + "rules: [{apiGroups: [\"\"], resources: [pods], verb: [get], verbs: [get]}]\n",
		"no verbs":                  head + "rules: [{apiGroups: [\"\"], resources: [pods]}]\n",
		"no group":                  head + "rules: [{resources: [pods], verbs: [get]}]\n",
		"paths and resources":       head + "rules: [{apiGroups: [\"\"], resources: [pods], nonResourceURLs: [/], verbs: [get]}]\n",
		"a name with a slash":       strings.Replace(head, "name: a", "name: a/b", 1),
		"a kind that is not there":  strings.Replace(head, "ClusterRole", "ClusterRules", 1),
		"a subject without a name": "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: a}\n" +
			"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: a}\nsubjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io}]\n",
	} {
		if err := newRBAC().add([]byte(text)); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	o := newRBAC()
	if err := o.add([]byte("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: a}\n" +
		"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: missing}\n")); err != nil || len(o.dangling()) != 1 {
		t.Errorf("a binding to a role that is not there: %v, %v", err, o.dangling())
	}
}

// rbacProfile binds each ready-made role to a group of its name.
func rbacProfile(version string) string {
	return `apiVersion: hardstrap.dev/v1alpha1
kind: Profile
metadata: {name: rbac}
extends: [baseline]
kubernetesVersion: ` + version + `
rbac:
  groups: ["oidc:viewer", "oidc:operator", "oidc:debugger", "oidc:deployer", "oidc:auditor", "oidc:node-reader", "oidc:administrator", "oidc:break-glass"]
  standardRoles: [viewer, operator, debugger, deployer, auditor, node-reader]
  administrators: ["oidc:administrator"]
  breakGlass: ["oidc:break-glass"]
  bindings:
  - {name: viewer, role: viewer, groups: ["oidc:viewer"], namespaces: [shop]}
  - {name: operator, role: operator, groups: ["oidc:operator"], namespaces: [shop]}
  - {name: debugger, role: debugger, groups: ["oidc:debugger"], namespaces: [shop]}
  - {name: deployer, role: deployer, groups: ["oidc:deployer"], namespaces: [shop]}
  - {name: auditor, role: auditor, groups: ["oidc:auditor"], clusterWide: true}
  - {name: node-reader, role: node-reader, groups: ["oidc:node-reader"], clusterWide: true}
`
}

// renderedRBAC renders that profile with the hardstrap that is built.
func renderedRBAC(t *testing.T, version, minor string) *rbacObjects {
	t.Helper()
	dir := t.TempDir()
	profile, out := filepath.Join(dir, "rbac.yaml"), filepath.Join(dir, "bundle")
	if err := os.WriteFile(profile, []byte(rbacProfile(version)), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.Command(setting(t, "HARDSTRAP"), "generate", profile, "-o", out, "--without-keys").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	b, err := openBundle(out, "rbac", minor)
	if err != nil {
		t.Fatal(err)
	}
	o := newRBAC()
	if err := o.addBundle(b); err != nil {
		t.Fatal(err)
	}
	if names := o.dangling(); len(names) > 0 {
		t.Fatal(names)
	}
	return o
}

// question is a row of testdata/rbac.txt.
type question struct {
	line                              int
	role                              string
	want                              bool
	verb, what, where, name, sinceOne string
}

func readQuestions(t *testing.T) []question {
	t.Helper()
	text, err := os.ReadFile("testdata/rbac.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []question
	role := ""
	for i, line := range strings.Split(string(text), "\n") {
		words := strings.Fields(line)
		if name, ok := strings.CutPrefix(line, "== "); ok {
			role = name
			continue
		}
		if len(words) == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		q := question{line: i + 1, role: role, want: words[0] == "yes"}
		if minor, ok := strings.CutPrefix(words[len(words)-1], "since="); ok {
			q.sinceOne, words = minor, words[:len(words)-1]
		}
		path := len(words) == 3 && strings.HasPrefix(words[2], "/")
		if words[0] != "yes" && words[0] != "no" || !path && (len(words) < 4 || len(words) > 5) {
			t.Fatalf("testdata/rbac.txt:%d: cannot be read: %q", i+1, line)
		}
		q.verb, q.what = words[1], words[2]
		if !path {
			q.where = words[3]
		}
		if len(words) == 5 {
			q.name = words[4]
		}
		out = append(out, q)
	}
	return out
}

func (q question) user() user.Info {
	return &user.DefaultInfo{Name: "someone", Groups: []string{"oidc:" + q.role, user.AllAuthenticated}}
}

func (q question) attributes() authorizer.Attributes {
	a := authorizer.AttributesRecord{User: q.user(), Verb: q.verb, Name: q.name, ResourceRequest: true}
	if strings.HasPrefix(q.what, "/") {
		a.Path, a.ResourceRequest = q.what, false
		return a
	}
	resource, sub, _ := strings.Cut(q.what, "/")
	a.Subresource = sub
	a.Resource, a.APIGroup, _ = strings.Cut(resource, ".")
	if q.where != "*" {
		a.Namespace = q.where
	}
	return a
}

// granted asks what upstream asks before a role is bound or written: does the user have all that it gives?
func (q question) granted(o *rbacObjects) (bool, error) {
	resolver, roles := o.resolver()
	role, err := roles.GetClusterRole(context.Background(), q.what)
	if err != nil {
		return false, err
	}
	ctx := genericapirequest.WithUser(context.Background(), q.user())
	if q.where != "*" {
		ctx = genericapirequest.WithNamespace(ctx, q.where)
	}
	return rbacregistry.ConfirmNoEscalation(ctx, resolver, role.Rules) == nil, nil
}

// TestRBAC asks the real authorizer every question of the table.
func TestRBAC(t *testing.T) {
	minor := setting(t, "MINOR")
	o := renderedRBAC(t, strings.TrimPrefix(version.Get().GitVersion, "v"), minor)
	_, roles := o.resolver()
	rbacAuthorizer := rbacauthorizer.New(roles, roles, roles, roles)
	asked, secrets, rights := map[string]int{}, map[string]int{}, map[string]int{}
	for _, q := range readQuestions(t) {
		asked[q.role]++
		if q.what == "secrets" {
			secrets[q.role]++
		}
		want := q.want
		if q.sinceOne != "" && minor < q.sinceOne {
			want = !want
		}
		var got bool
		switch q.verb {
		case "grant":
			rights[q.role]++
			allowed, err := q.granted(o)
			if err != nil {
				t.Errorf("testdata/rbac.txt:%d: %v", q.line, err)
				continue
			}
			got = allowed
		default:
			decision, _, err := rbacAuthorizer.Authorize(context.Background(), q.attributes())
			if err != nil {
				t.Errorf("testdata/rbac.txt:%d: %v", q.line, err)
			}
			got = decision == authorizer.DecisionAllow
		}
		if got != want {
			t.Errorf("testdata/rbac.txt:%d: %s may %s %s %s %s: %t", q.line, q.role, q.verb, q.what, q.where, q.name, got)
		}
	}
	total := 0
	for _, role := range []string{"viewer", "operator", "debugger", "deployer", "auditor", "node-reader", "administrator"} {
		total += asked[role]
		if asked[role] < 12 || secrets[role] == 0 || rights[role] == 0 {
			t.Errorf("%s: %d questions, %d about secrets, %d about what it may grant", role, asked[role], secrets[role], rights[role])
		}
	}
	fmt.Printf("%s RBAC answers %d questions about ready-made roles\n", minor, total)
}
