//go:build k133 || k134 || k135

package main

import (
	"k8s.io/apimachinery/pkg/runtime"
	webhookadmissionv1alpha1 "k8s.io/apiserver/pkg/admission/plugin/webhook/config/apis/webhookadmission/v1alpha1"
)

// kindsOfMinor is empty: policies from a folder came with 1.36.
var kindsOfMinor []string

// addOfMinor adds a version that 1.36 dropped.
func addOfMinor(scheme *runtime.Scheme) error { return webhookadmissionv1alpha1.AddToScheme(scheme) }
