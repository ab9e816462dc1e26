package profiles

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// The parts of a jwt issuer that a profile passes on as trees. They are checked against these
// types, which have upstream's fields, the same in every minor from 1.33 to 1.37 (k8s.io/apiserver
// v0.33.13 and v0.37.0, pkg/apis/apiserver/v1beta1/types.go).
type (
	claimValidationRule struct {
		Claim         string `yaml:"claim"`
		RequiredValue string `yaml:"requiredValue"`
		Expression    string `yaml:"expression"`
		Message       string `yaml:"message"`
	}
	claimMappings struct {
		Username prefixedClaim  `yaml:"username"`
		Groups   prefixedClaim  `yaml:"groups"`
		UID      claim          `yaml:"uid"`
		Extra    []extraMapping `yaml:"extra" identity:"key"`
	}
	prefixedClaim struct {
		Claim      string `yaml:"claim"`
		Prefix     string `yaml:"prefix"` // may be ""
		Expression string `yaml:"expression"`
	}
	claim struct {
		Claim      string `yaml:"claim"`
		Expression string `yaml:"expression"`
	}
	extraMapping struct {
		Key             string `yaml:"key"`
		ValueExpression string `yaml:"valueExpression"`
	}
	userValidationRule struct {
		Expression string `yaml:"expression"`
		Message    string `yaml:"message"`
	}
)

// treeType returns the type of a field that the schema keeps as a tree, or nil where any tree
// may stand.
func treeType(field string) reflect.Type {
	switch field {
	case "claimValidationRules":
		return reflect.TypeFor[[]claimValidationRule]()
	case "claimMappings":
		return reflect.TypeFor[claimMappings]()
	case "userValidationRules":
		return reflect.TypeFor[[]userValidationRule]()
	}
	return nil
}

// claims judges what upstream refuses to start with and needs no CEL (k8s.io/apiserver v0.37.0,
// pkg/apis/apiserver/validation/validation.go, validateClaimMappings and its neighbours).
func (v *validator) claims(j JWTIssuer, at ...string) {
	mappings := under(at, "claimMappings")
	username := j.ClaimMappings.Get("username")
	if username == nil {
		v.missing(`say which claim names the user, as {claim: sub, prefix: "issuer:"}`, under(mappings, "username")...)
	} else if v.claimOrExpression(username, under(mappings, "username")...) {
		v.prefix(username, under(mappings, "username")...)
	}
	if groups := j.ClaimMappings.Get("groups"); groups != nil && v.claimOrExpression(groups, under(mappings, "groups")...) {
		v.prefix(groups, under(mappings, "groups")...)
	}
	if uid := j.ClaimMappings.Get("uid"); uid != nil {
		v.claimOrExpression(uid, under(mappings, "uid")...)
	}
	v.extra(j.ClaimMappings.Get("extra"), under(mappings, "extra")...)
	v.rules(j.ClaimValidationRules, under(at, "claimValidationRules")...)
	for i, rule := range items(j.UserValidationRules) {
		if rule.Get("expression") == nil {
			v.missing("write a CEL expression", under(at, "userValidationRules", strconv.Itoa(i), "expression")...)
		}
	}
}

// claimOrExpression reports whether exactly one of the two is there, and else says so.
func (v *validator) claimOrExpression(m *settings.Value, at ...string) bool {
	claim, expression := m.Get("claim") != nil, m.Get("expression") != nil
	if !claim && !expression {
		v.missing("name a claim, or give a CEL expression", under(at, "claim")...)
	}
	if claim && expression {
		v.exclusive(under(at, "expression"), under(at, "claim"), "only one of them can hold")
	}
	return claim != expression
}

func (v *validator) prefix(m *settings.Value, at ...string) {
	if m.Get("claim") != nil && m.Get("prefix") == nil {
		v.missing(`upstream wants a prefix beside a claim; write "" for none`, under(at, "prefix")...)
	}
	if m.Get("expression") != nil {
		v.exclusive(under(at, "prefix"), under(at, "expression"), "a prefix goes with a claim only")
	}
}

// extraKey is a path with a domain before it, as example.org/tenant.
var extraKey = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?/[a-z0-9/._~!$&'()*+,;=:@%-]+$`)

func (v *validator) extra(list *settings.Value, at ...string) {
	for i, m := range items(list) {
		place := under(at, strconv.Itoa(i))
		key := m.Get("key").Text // identity: it is there
		domain, _, _ := strings.Cut(key, "/")
		switch {
		case !extraKey.MatchString(key):
			v.fault(*refuse(key, "a key for extra information", "lower case, a domain of your own before it, as example.org/tenant"), under(place, "key")...)
		case domain == "k8s.io" || domain == "kubernetes.io" || strings.HasSuffix(domain, ".k8s.io") || strings.HasSuffix(domain, ".kubernetes.io"):
			v.fault(diag.Problem{Message: fmt.Sprintf("%q has a domain that is reserved for Kubernetes", key), Hint: "write a domain of your own before it"}, under(place, "key")...)
		}
		if m.Get("valueExpression") == nil {
			v.missing("write a CEL expression", under(place, "valueExpression")...)
		}
	}
}

func (v *validator) rules(list *settings.Value, at ...string) {
	for i, rule := range items(list) {
		place := under(at, strconv.Itoa(i))
		if !v.claimOrExpression(rule, place...) {
			continue
		}
		if rule.Get("claim") != nil {
			v.exclusive(under(place, "message"), under(place, "claim"), "a message goes with an expression only")
		} else {
			v.exclusive(under(place, "requiredValue"), under(place, "expression"), "a required value goes with a claim only")
		}
	}
}

func items(list *settings.Value) []*settings.Value {
	if list == nil {
		return nil
	}
	return list.Items
}
