package wire

import (
	"bytes"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"testing"
)

func FuzzReadAnswer(f *testing.F) {
	f.Add(helloOf(tls12, 0xC02F))
	f.Add(helloOf(tls13, 0x1301))
	f.Add([]byte{21, 3, 3, 0, 2, 2, 70})
	f.Add([]byte{22, 3, 3, 0, 1, 2, 22, 3, 3, 0, 3, 0, 0, 0})
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
	f.Add(realAnswer(f, tls13))
	f.Add(realAnswer(f, tls12))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bytes.NewReader(data)
		got, err := readAnswer(r)
		if err != nil {
			if got != (answer{}) {
				t.Errorf("%+v beside %v", got, err)
			}
			return
		}
		if read := len(data) - r.Len(); read > maxAnswer+maxRecord+5*maxRecords || got.version == tls13 && got.group == 0 {
			t.Errorf("%+v after %d bytes", got, read)
		}
	})
}

func FuzzParseEndpoint(f *testing.F) {
	for _, s := range []string{"a:6443", "[::1]:6443", "kubelet[worker]=a:1", "etcd-peer=[fe80::1%eth0]:2380", "=:", "a=b=c:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := ParseEndpoint(s)
		if err != nil {
			return
		}
		if again, err := ParseEndpoint(nameOf(e) + "=" + e.Address); err != nil || again != e {
			t.Errorf("%q: %+v, then %+v, %v", s, e, again, err)
		}
	})
}

func nameOf(e Endpoint) string {
	for _, w := range wellKnown() {
		if w.component == e.Component && w.side == e.Side {
			if e.Role != "" {
				return w.name + "[" + e.Role + "]"
			}
			return w.name
		}
	}
	return ""
}

// realAnswer is what crypto/tls answers.
func realAnswer(t testing.TB, version uint16) []byte {
	client, server := net.Pipe()
	pair := certificate(t, "ECDSA-P256")
	go func() { _ = tls.Server(server, &tls.Config{Certificates: []tls.Certificate{pair}}).Handshake() }()
	defer func() { _ = client.Close() }()
	go func() { _, _ = client.Write(everything(version).record()) }()
	out := make([]byte, 1<<16)
	n, err := client.Read(out)
	if err != nil {
		t.Fatal(err)
	}
	return out[:n]
}

func TestAnswersOfGo(t *testing.T) {
	got, err := readAnswer(bytes.NewReader(realAnswer(t, tls13)))
	if err != nil || got.version != tls13 || got.group != uint16(tls.X25519MLKEM768) || !slices.Contains(newSuites(), got.suite) {
		t.Error(got, err)
	}
	got, err = readAnswer(bytes.NewReader(realAnswer(t, tls12)))
	if err != nil || got.version != tls12 || got.group != 0 || !slices.Contains(oldSuites(), got.suite) {
		t.Error(got, err)
	}
	if _, err = readAnswer(bytes.NewReader(realAnswer(t, ssl30))); !refused(err) || !errors.Is(err, refusal(alertProtocolVersion)) {
		t.Error(err)
	}
}

// A hello may come in pieces, as RFC 8446, 5.1 allows.
func TestAnAnswerInPieces(t *testing.T) {
	whole := helloOf(tls12, 0xC02F)[5:]
	var pieces []byte
	for _, b := range whole[:20] {
		pieces = append(pieces, 22, 3, 3, 0, 1, b)
	}
	pieces = append(pieces, append16([]byte{22, 3, 3}, whole[20:])...)
	if got, err := readAnswer(bytes.NewReader(pieces)); err != nil || got.suite != 0xC02F {
		t.Error(got, err)
	}
}

func TestOffersHoldEverySuiteThatGoHas(t *testing.T) {
	for _, suite := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		if !slices.Contains(slices.Concat(oldSuites(), newSuites()), suite.ID) {
			t.Error(suite.Name)
		}
	}
	for _, group := range []tls.CurveID{tls.CurveP256, tls.CurveP384, tls.CurveP521, tls.X25519, tls.X25519MLKEM768, tls.SecP256r1MLKEM768, tls.SecP384r1MLKEM1024} {
		if !slices.Contains(allGroups(), uint16(group)) {
			t.Error(group)
		}
	}
	for _, never := range []uint16{0, 0x00FF, 0x5600} {
		if slices.Contains(oldSuites(), never) {
			t.Errorf("%#x is no suite", never)
		}
	}
}

func TestTestable(t *testing.T) {
	if rsa, ecdsa := Testable("RSA-2048"), Testable("ECDSA-P256"); len(rsa) != 15 || len(ecdsa) != 7 || !slices.Equal(ecdsa, Testable("Ed25519")) {
		t.Error(len(rsa), len(ecdsa))
	}
	if len(Testable("")) != 0 || len(Testable("DSA")) != 0 {
		t.Error("suites for keys that cannot be")
	}
}

func BenchmarkProbe(b *testing.B) {
	address := serve(b, &tls.Config{Certificates: []tls.Certificate{certificate(b, "ECDSA-P256")}}, map[string]int{"/healthz": 200, "/metrics": 403, "/configz": 403})
	b.ReportAllocs()
	for b.Loop() {
		if got, unknown, _ := one(b, Endpoint{Address: address, Component: "kube-controller-manager"}); len(got) == 0 || len(unknown) > 0 {
			b.Fatal(got, unknown)
		}
	}
}

func BenchmarkReadAnswer(b *testing.B) {
	data := realAnswer(b, tls13)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := readAnswer(bytes.NewReader(data)); err != nil {
			b.Fatal(err)
		}
	}
}
