package cluster

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// kind is a kind of objects that a profile can ask for.
type kind struct {
	name       string
	apiVersion string
	path       string     // of the list of all of them
	query      url.Values // those that are wanted
}

// kinds are those that are read (k8s.io/api v0.37.0).
func kinds() []kind {
	const (
		core      = "api/v1/"
		rbac      = "apis/rbac.authorization.k8s.io/v1/"
		admission = "apis/admissionregistration.k8s.io/v1/"
	)
	return []kind{
		{"ClusterRole", "rbac.authorization.k8s.io/v1", rbac + "clusterroles", nil},
		{"ClusterRoleBinding", "rbac.authorization.k8s.io/v1", rbac + "clusterrolebindings", nil},
		{"LimitRange", "v1", core + "limitranges", nil},
		{"Namespace", "v1", core + "namespaces", nil},
		{"NetworkPolicy", "networking.k8s.io/v1", "apis/networking.k8s.io/v1/networkpolicies", nil},
		{"ResourceQuota", "v1", core + "resourcequotas", nil},
		{"Role", "rbac.authorization.k8s.io/v1", rbac + "roles", nil},
		{"RoleBinding", "rbac.authorization.k8s.io/v1", rbac + "rolebindings", nil},
		{"ServiceAccount", "v1", core + "serviceaccounts", url.Values{"fieldSelector": {"metadata.name=default"}}},
		{"ValidatingAdmissionPolicy", "admissionregistration.k8s.io/v1", admission + "validatingadmissionpolicies", nil},
		{"ValidatingAdmissionPolicyBinding", "admissionregistration.k8s.io/v1", admission + "validatingadmissionpolicybindings", nil},
	}
}

// objectsAccount names the view.
const objectsAccount = "objects"

// kindFinding is what the objects of a kind showed. A kind that was read has a layer, even without objects.
type kindFinding struct {
	layers  []observe.Layer
	unknown []observe.Unknown
}

// objects reads all objects of a kind.
func (c *client) objects(ctx context.Context, k kind) kindFinding {
	items, failed := c.list(ctx, k.path, k.name, k.query)
	layer := observe.Layer{
		View:  observe.View{Source: settings.FromAPI, Component: settings.Cluster, Account: objectsAccount},
		Place: k.name,
	}
	var out kindFinding
	for _, item := range items {
		s, bad := object(k, item)
		switch {
		case bad == nil:
			layer.Settings = append(layer.Settings, s)
		case s.Key.Path != "":
			out.unknown = append(out.unknown, unknown(settings.Cluster, objectsAccount, []string{s.Key.Path}, objectPlace(s.Key), bad))
		default:
			failed = cmp.Or(failed, bad)
		}
	}
	if failed != nil {
		out.unknown = append(out.unknown, unknown(settings.Cluster, objectsAccount, []string{k.name + "/"}, k.name, failed))
	}
	slices.SortFunc(layer.Settings, func(a, b settings.Setting) int { return cmp.Compare(a.Key.Path, b.Key.Path) })
	if failed == nil || len(layer.Settings) > 0 {
		out.layers = []observe.Layer{layer}
	}
	return out
}

// object makes a setting of one object: all of it but its status and what the API server notes about who wrote which field.
// Items of a list come without apiVersion and kind; they are the list's.
func object(k kind, item json.RawMessage) (settings.Setting, *failure) {
	var named struct {
		Metadata struct {
			Name      string `json:"name"`
			Namespace string `json:"namespace"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(item, &named); err != nil || named.Metadata.Name == "" {
		return settings.Setting{}, malformed(fmt.Sprintf("an object of the kind %s has no name", k.name))
	}
	out := settings.Setting{Key: settings.ObjectKey(k.name, named.Metadata.Namespace, named.Metadata.Name), Shape: settings.Document}
	origin := settings.Origin{Source: settings.FromAPI, File: objectPlace(out.Key)}
	v, err := observe.JSON(item, origin)
	if err != nil {
		return out, malformed("the object is " + err.Error())
	}
	v.Delete("status")
	if metadata := v.Get("metadata"); metadata != nil {
		metadata.Delete("managedFields")
	}
	v.Put("apiVersion", settings.Of(k.apiVersion).At(origin))
	v.Put("kind", settings.Of(k.name).At(origin))
	out.Value = v
	return out, nil
}

// objectPlace names an object as kubectl's messages do.
func objectPlace(key settings.Key) string {
	kind, namespace, name, _ := key.Object()
	if namespace == "" {
		return kind + " " + name
	}
	return kind + " " + namespace + "/" + name
}
