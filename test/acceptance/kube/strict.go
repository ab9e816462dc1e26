package main

import (
	"errors"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	auditinternal "k8s.io/apiserver/pkg/apis/audit"
	auditvalidation "k8s.io/apiserver/pkg/apis/audit/validation"
	"k8s.io/apiserver/pkg/audit"
	kubeadmscheme "k8s.io/kubernetes/cmd/kubeadm/app/apis/kubeadm/scheme"
	kubeadmutil "k8s.io/kubernetes/cmd/kubeadm/app/util"
	kubeadmstrict "k8s.io/kubernetes/cmd/kubeadm/app/util/config/strict"
	"k8s.io/kubernetes/plugin/pkg/admission/eventratelimit"
	eventratelimitapi "k8s.io/kubernetes/plugin/pkg/admission/eventratelimit/apis/eventratelimit"
	eventratelimitinstall "k8s.io/kubernetes/plugin/pkg/admission/eventratelimit/apis/eventratelimit/install"
	eventratelimitvalidation "k8s.io/kubernetes/plugin/pkg/admission/eventratelimit/apis/eventratelimit/validation"
	"k8s.io/kubernetes/plugin/pkg/admission/imagepolicy"
	"sigs.k8s.io/yaml"
)

// strict reads FILE as KIND with the component's own types, refusing what the component itself would only warn
// about or drop: the audit policy falls back to a lenient reading, and two admission plugins know no other.
func strict(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: kube strict kubeadm|audit|eventratelimit|imagepolicy FILE")
	}
	data, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	switch args[0] {
	case "kubeadm":
		return strictKubeadm(data)
	case "audit":
		policy := &auditinternal.Policy{}
		if err := decodeStrict(audit.Scheme, data, policy); err != nil {
			return err
		}
		return auditvalidation.ValidatePolicy(policy).ToAggregate()
	case "eventratelimit":
		scheme := runtime.NewScheme()
		eventratelimitinstall.Install(scheme)
		config := &eventratelimitapi.Configuration{}
		if err := decodeStrict(scheme, data, config); err != nil {
			return err
		}
		return eventratelimitvalidation.ValidateConfiguration(config).ToAggregate()
	case "imagepolicy":
		return yaml.UnmarshalStrict(data, &imagepolicy.AdmissionConfig{})
	}
	return fmt.Errorf("no strict reading of %q", args[0])
}

// strictKubeadm reads every document of kubeadm's own API with kubeadm's strict decoder.
func strictKubeadm(data []byte) error {
	documents, err := kubeadmutil.SplitConfigDocuments(data)
	if err != nil {
		return err
	}
	for kind, document := range documents {
		if !kubeadmscheme.Scheme.Recognizes(kind) {
			continue // a component's, which kubeadm config validate reads strictly
		}
		if err := kubeadmstrict.VerifyUnmarshalStrict([]*runtime.Scheme{kubeadmscheme.Scheme}, kind, document); err != nil {
			return err
		}
	}
	return nil
}

// decodeStrict decodes data into the internal type, and fails on unknown and duplicate fields.
func decodeStrict(scheme *runtime.Scheme, data []byte, into runtime.Object) error {
	_, _, err := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDecoder().Decode(data, nil, into)
	return err
}

// The plugin's own package must be linked for its types to be the ones kube-apiserver uses.
var _ = eventratelimit.PluginName
