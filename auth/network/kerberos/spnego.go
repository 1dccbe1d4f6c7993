package kerberos

import (
	"encoding/binary"
	"fmt"

	"github.com/jcmturner/gokrb5/v8/iana/chksumtype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

// The object identifiers of SPNEGO (RFC 4178) and of Kerberos in GSS-API (RFC 4121), in DER.
func oidSPNEGO() []byte { return []byte{0x06, 0x06, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x02} }
func oidKerberos() []byte {
	return []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02}
}

// negTokenInit is the message that shows a ticket: an AP-REQ (RFC 4120, section 5.5.1) as
// the first token of Kerberos (RFC 4121, section 4.1), in a NegTokenInit (RFC 4178, section
// 4.2.1).
func negTokenInit(client principal, t ticket) ([]byte, error) {
	var shown messages.Ticket
	if err := shown.Unmarshal(t.raw); err != nil {
		return nil, lack(proxyauth.Failing, fmt.Errorf("the ticket for the proxy cannot be read: %w", err))
	}
	authenticator, err := types.NewAuthenticator(client.realm, client.name)
	if err != nil {
		return nil, lack(proxyauth.Failing, err)
	}
	// No flag is set: nothing is delegated, and nothing follows in this context (RFC 4121,
	// section 4.1.1).
	checksum := make([]byte, 24)
	binary.LittleEndian.PutUint32(checksum, 16)
	authenticator.Cksum = types.Checksum{CksumType: chksumtype.GSSAPI, Checksum: checksum}
	request, err := messages.NewAPReq(shown, t.key, authenticator)
	if err != nil {
		return nil, lack(proxyauth.Failing, err)
	}
	raw, err := request.Marshal()
	if err != nil {
		return nil, lack(proxyauth.Failing, err)
	}
	const application, sequence, octets, context = 0x60, 0x30, 0x04, 0xa0
	token := der(application, oidKerberos(), []byte{1, 0}, raw)
	mechanisms := der(context|0, der(sequence, oidKerberos()))
	return der(application, oidSPNEGO(), der(context|0, der(sequence, mechanisms, der(context|2, der(octets, token))))), nil
}

// der is an element in DER (X.690, section 8.1).
func der(tag byte, contents ...[]byte) []byte {
	var n int
	for _, c := range contents {
		n += len(c)
	}
	out := []byte{tag}
	if n < 0x80 {
		out = append(out, byte(n))
	} else {
		var length []byte
		for rest := n; rest > 0; rest >>= 8 {
			length = append([]byte{byte(rest)}, length...)
		}
		out = append(append(out, 0x80|byte(len(length))), length...) // #nosec G115 -- a few bytes
	}
	for _, c := range contents {
		out = append(out, c...)
	}
	return out
}
