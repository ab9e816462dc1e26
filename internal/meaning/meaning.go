package meaning

import (
	"slices"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// Delta is one way in which what is there does something else than what is wanted.
type Delta struct {
	Part     string           // where in the document or object, for people and stable: "providers of secrets", "egress"; "" for the whole
	Relation catalog.Relation // Weaker, Stronger or Different: what is there, seen from what is wanted; never Equal
	Want     string           // short text for people; "" for nothing
	Have     string
	At       settings.Origin // in the found document where there is such a line, else zero
	Opens    string          // what the difference opens, or what changed; lower case, no full stop, one short clause
}

// comparison compares two trees that are both there.
type comparison func(c *comparer, want, have *settings.Value)

// comparisonOf returns how a kind is compared; nil where only its structure is.
func comparisonOf(kind string) comparison {
	switch kind {
	case "Policy":
		return auditPolicies
	case "EncryptionConfiguration":
		return encryptions
	case "AuthenticationConfiguration":
		return authentications
	case "AuthorizationConfiguration":
		return authorizations
	case "AdmissionConfiguration":
		return admissions
	case "PodSecurityConfiguration":
		return podSecurities
	case "EventRateLimit":
		return eventRateLimits
	case "ImagePolicyWebhook":
		return imagePolicies
	case "kubeconfig":
		return kubeconfigs
	case "static":
		return staticPolicies
	case "Namespace":
		return namespaces
	case "Role", "ClusterRole":
		return roles
	case "RoleBinding", "ClusterRoleBinding":
		return bindings
	case "ServiceAccount":
		return serviceAccounts
	case "NetworkPolicy":
		return networkPolicies
	case "LimitRange":
		return limitRanges
	case "ResourceQuota":
		return resourceQuotas
	case "ValidatingAdmissionPolicy":
		return admissionPolicies
	case "ValidatingAdmissionPolicyBinding":
		return admissionBindings
	}
	return nil
}

// Known tells whether documents or objects of a kind are compared by what they do.
func Known(kind string) bool { return comparisonOf(kind) != nil }

// Compare compares two documents or objects of one kind by what they do: the kind is the path of a document's setting
// ("kubeconfig" and "static" stand for all of theirs), or that of an object. minor is as "1.37". Equal meaning gives no
// deltas; nil is absent, and differs from anything that is there. A kind that is not known is compared by structure.
func Compare(kind string, want, have *settings.Value, minor string) []Delta {
	c := &comparer{kind: kind, minor: minor}
	w, small := clean(want)
	h, alsoSmall := clean(have)
	if !small || !alsoSmall {
		if (want == nil) != (have == nil) {
			c.absent(want, have)
			return c.deltas
		}
		c.add(Delta{Relation: catalog.Different, Opens: tooLarge})
		return c.deltas
	}
	c.trees(w, h)
	return c.deltas
}

// tooLarge is said where nothing else can be.
const tooLarge = "too large to compare"

// comparer collects the deltas of one comparison.
type comparer struct {
	kind, minor string
	prefix      string // of parts: the object within a list, the plugin of an inline configuration
	depth       int    // of documents within documents
	deltas      []Delta
}

// trees compares two clean trees, either of which may be nil.
func (c *comparer) trees(want, have *settings.Value) {
	if want == nil && have == nil {
		return
	}
	if want == nil || have == nil {
		c.absent(want, have)
		return
	}
	if canonical(want) == canonical(have) {
		return
	}
	compare := comparisonOf(c.kind)
	if compare == nil {
		c.structure("", withoutBookkeeping(want), withoutBookkeeping(have))
		return
	}
	compare(c, want, have)
}

// within compares what stands within a document, as a kind of its own.
func (c *comparer) within(prefix, kind string, want, have *settings.Value) {
	if c.depth > 2 {
		c.add(Delta{Part: prefix, Relation: catalog.Different, Opens: "nested too deep to compare"})
		return
	}
	inner := &comparer{kind: kind, minor: c.minor, prefix: c.prefix + prefix + ": ", depth: c.depth + 1}
	inner.trees(want, have)
	for _, d := range inner.deltas {
		if d.Part == "" {
			d.Part = c.prefix + prefix
		}
		c.deltas = append(c.deltas, d)
	}
}

// add adds a delta, once.
func (c *comparer) add(d Delta) {
	if d.Part != "" {
		d.Part = c.prefix + cut(d.Part, maxPart)
	}
	d.Want, d.Have, d.Opens = cut(d.Want, maxPart), cut(d.Have, maxPart), cut(d.Opens, maxPart)
	if !slices.Contains(c.deltas, d) && len(c.deltas) < maxDeltas {
		c.deltas = append(c.deltas, d)
	}
}

// maxDeltas bounds what is said of one document: what has more differences is another document.
const maxDeltas = 500

// differ says that a part differs from what is wanted, with no better or worse. Nothing is said of equal texts.
func (c *comparer) differ(part, want, have string, at settings.Origin, opens string) {
	if want != have {
		c.add(Delta{Part: part, Relation: catalog.Different, Want: short(want), Have: short(have), At: at, Opens: opens})
	}
}

// ranked says which of two values is weaker by their ranks, the higher being the stronger.
func (c *comparer) ranked(part, want, have string, wantRank, haveRank int, at settings.Origin, weaker, stronger string) {
	d := Delta{Part: part, Want: short(want), Have: short(have), At: at}
	switch {
	case haveRank < wantRank:
		d.Relation, d.Opens = catalog.Weaker, weaker
	case haveRank > wantRank:
		d.Relation, d.Opens = catalog.Stronger, stronger
	default:
		return
	}
	c.add(d)
}

// members compares two sets of texts. What is more and what is less have a relation and words of their own.
func (c *comparer) members(part string, want, have []string, at settings.Origin, more, less catalog.Relation, moreOpens, lessOpens string) {
	added, removed := beyond(have, want), beyond(want, have)
	if len(added) > 0 {
		c.add(Delta{Part: part, Relation: more, Have: short(listed(added)), At: at, Opens: moreOpens})
	}
	if len(removed) > 0 {
		c.add(Delta{Part: part, Relation: less, Want: short(listed(removed)), At: at, Opens: lessOpens})
	}
}
