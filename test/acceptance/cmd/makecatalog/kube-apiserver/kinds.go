//go:build !k133 && !k134 && !k135

package main

import (
	"k8s.io/apimachinery/pkg/runtime"
	policyconfigv1 "k8s.io/apiserver/pkg/admission/plugin/policy/config/apis/policyconfig/v1"
)

// kindsOfMinor make kube-apiserver read admission policies from a folder: since 1.36.
var kindsOfMinor = []string{"ValidatingAdmissionPolicyConfiguration", "MutatingAdmissionPolicyConfiguration"}

func addOfMinor(scheme *runtime.Scheme) error { return policyconfigv1.AddToScheme(scheme) }
