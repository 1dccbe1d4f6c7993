package kerberos

import (
	"encoding/binary"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/chksumtype"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"

	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

// The object identifiers of SPNEGO (RFC 4178) and of Kerberos in GSS-API (RFC 4121), in DER.
func oidSPNEGO() []byte { return []byte{0x06, 0x06, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x02} }
func oidKerberos() []byte {
	return []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02}
}

// negTokenInit is the message to show a ticket: an AP-REQ as the first token of Kerberos
// (RFC 4121, section 4.1), in a NegTokenInit (RFC 4178, section 4.2.1).
func negTokenInit(client principal, t ticket, now time.Time) ([]byte, error) {
	// No flag is set: nothing is delegated, and nothing follows in this context (RFC 4121,
	// section 4.1.1).
	sum := make([]byte, 24)
	binary.LittleEndian.PutUint32(sum, 16)
	shown, err := apRequest(client, t, checksum{chksumtype.GSSAPI, sum}, keyusage.AP_REQ_AUTHENTICATOR, now)
	if err != nil {
		return nil, lack(proxyauth.Failing, err)
	}
	const initial = 0x60
	token := der(initial, oidKerberos(), []byte{1, 0}, shown)
	mechanisms := field(0, der(sequence, oidKerberos()))
	return der(initial, oidSPNEGO(), field(0, der(sequence, mechanisms, field(2, der(octets, token))))), nil
}
