// Package network owns what one NetworkPolicy is: whom it holds for, and at most one rule with
// its peers and ports. "Any peer" and "every pod" are said by name here, never by leaving
// something out, so that a list that happens to be empty is an error and not a rule that allows
// everything. It knows neither the profile nor why a policy is wanted. Start reading at Policy;
// Check holds any rendered NetworkPolicy against the same rules.
package network
