package node

import "regexp"

// Redact takes out of what programs said whatever opens a cluster: bootstrap tokens, certificate keys, private keys,
// tokens of service accounts. kubeadm prints the first two itself.
func Redact(text string) string {
	for _, secret := range []*regexp.Regexp{
		regexp.MustCompile(`\b[a-z0-9]{6}\.[a-z0-9]{16}\b`),
		regexp.MustCompile(`(?m)(--certificate-key +|^\s*)[0-9a-f]{64}\b`),
		regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----`),
		regexp.MustCompile(`\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+`),
	} {
		text = secret.ReplaceAllString(text, "[redacted]")
	}
	return text
}
