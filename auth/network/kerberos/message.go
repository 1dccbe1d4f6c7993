package kerberos

import (
	"crypto/rand"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/msgtype"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
)

// The messages of RFC 4120 (section 5) for asking for a ticket and showing one. Requests are put
// together from the elements of der.go, and answers are read here. Of gokrb5 only the encryption is
// used: its messages bring Windows' authorization data and a client along, three times the weight of
// all of this.

// tgsReply is a TGS-REP (section 5.4.2), with our part still encrypted.
type tgsReply struct {
	Version int           `asn1:"explicit,tag:0"`
	Type    int           `asn1:"explicit,tag:1"`
	PAData  asn1.RawValue `asn1:"explicit,optional,tag:2"`
	CRealm  string        `asn1:"explicit,tag:3"`
	CName   principalName `asn1:"explicit,tag:4"`
	Ticket  asn1.RawValue `asn1:"explicit,tag:5"`
	ForUs   encryptedData `asn1:"explicit,tag:6"`
}

// replyForUs is the part of it that only we can read (EncKDCRepPart).
type replyForUs struct {
	Key       key           `asn1:"explicit,tag:0"`
	LastReq   asn1.RawValue `asn1:"explicit,tag:1"`
	Nonce     int64         `asn1:"explicit,tag:2"`
	KeyExpiry time.Time     `asn1:"explicit,optional,tag:3"`
	Flags     asn1.RawValue `asn1:"explicit,tag:4"`
	AuthTime  time.Time     `asn1:"explicit,tag:5"`
	StartTime time.Time     `asn1:"explicit,optional,tag:6"`
	EndTime   time.Time     `asn1:"explicit,tag:7"`
	RenewTill time.Time     `asn1:"explicit,optional,tag:8"`
	SRealm    string        `asn1:"explicit,tag:9"`
	SName     principalName `asn1:"explicit,tag:10"`
}

// realmError is a KRB-ERROR (section 5.9.1) up to its code.
type realmError struct {
	Version     int       `asn1:"explicit,tag:0"`
	Type        int       `asn1:"explicit,tag:1"`
	ClientTime  time.Time `asn1:"explicit,optional,tag:2"`
	ClientMicro int       `asn1:"explicit,optional,tag:3"`
	ServerTime  time.Time `asn1:"explicit,tag:4"`
	ServerMicro int       `asn1:"explicit,tag:5"`
	Code        int32     `asn1:"explicit,tag:6"`
}

type principalName struct {
	Type  int32    `asn1:"explicit,tag:0"`
	Parts []string `asn1:"explicit,tag:1"`
}

type key struct {
	Type  int32  `asn1:"explicit,tag:0"`
	Value []byte `asn1:"explicit,tag:1"`
}

type encryptedData struct {
	KeyType    int32  `asn1:"explicit,tag:0"`
	KeyVersion int    `asn1:"explicit,optional,tag:1"`
	Cipher     []byte `asn1:"explicit,tag:2"`
}

// parse reads a message of this number.
func parse(raw []byte, into any, number int) error {
	rest, err := asn1.UnmarshalWithParams(raw, into, fmt.Sprintf("application,explicit,tag:%d", number))
	if err == nil && len(rest) > 0 {
		err = errors.New("something follows the message")
	}
	return err
}

// asError reads a KRB-ERROR, if an answer is one.
func asError(answer []byte) (realmError, bool) {
	var e realmError
	return e, parse(answer, &e, tagError) == nil && e.Type == msgtype.KRB_ERROR
}

// tgsRequest is a TGS-REQ (section 5.4.1) for a service's ticket, and the number for its
// answer to carry.
func tgsRequest(client principal, with ticket, realm string, of principalName, now time.Time) (raw []byte, nonce int64, err error) {
	var random [4]byte
	if _, err := rand.Read(random[:]); err != nil {
		return nil, 0, err
	}
	nonce = int64(binary.BigEndian.Uint32(random[:]) >> 1) // some servers take it for a number with a sign
	var types []byte
	for _, t := range keyTypes() {
		types = append(types, integer(int64(t))...)
	}
	body := der(sequence,
		field(0, flags(canonicalize)), // or no realm refers to another
		field(2, text(realm)), field(3, of.der()),
		field(5, kerberosTime(now.Add(24*time.Hour))),
		field(7, integer(nonce)), field(8, der(sequence, types)))
	sum, err := sumOf(with.key, body)
	if err != nil {
		return nil, 0, err
	}
	shown, err := apRequest(client, with, sum, keyusage.TGS_REQ_PA_TGS_REQ_AP_REQ_AUTHENTICATOR, now)
	if err != nil {
		return nil, 0, err
	}
	return application(tagTGSRequest,
		field(1, integer(version)), field(2, integer(msgtype.KRB_TGS_REQ)),
		field(3, der(sequence, der(sequence, field(1, integer(int64(patype.PA_TGS_REQ))), field(2, der(octets, shown))))),
		field(4, body)), nonce, nil
}

// checksum is what an authenticator says of the rest (section 5.2.9).
type checksum struct {
	kind int32
	sum  []byte
}

// sumOf is the checksum of a request's body.
func sumOf(k key, body []byte) (checksum, error) {
	e, err := crypto.GetEtype(k.Type)
	if err != nil {
		return checksum{}, err
	}
	sum, err := e.GetChecksumHash(k.Value, body, keyusage.TGS_REQ_PA_TGS_REQ_AP_REQ_AUTHENTICATOR_CHKSUM)
	return checksum{e.GetHashID(), sum}, err
}

// apRequest is an AP-REQ (section 5.5.1). It shows a ticket together with the proof that
// its key is known here. No flag is set.
func apRequest(client principal, t ticket, sum checksum, usage uint32, now time.Time) ([]byte, error) {
	now = now.UTC()
	authenticator := application(tagAuthenticator,
		field(0, integer(version)), field(1, text(client.realm)), field(2, client.name.der()),
		field(3, der(sequence, field(0, integer(int64(sum.kind))), field(1, der(octets, sum.sum)))),
		field(4, integer(int64(now.Nanosecond()/1000))), field(5, kerberosTime(now)))
	e, err := crypto.GetEtype(t.key.Type)
	if err != nil {
		return nil, err
	}
	_, sealed, err := e.EncryptMessage(t.key.Value, authenticator, usage)
	if err != nil {
		return nil, err
	}
	return application(tagAPRequest,
		field(0, integer(version)), field(1, integer(msgtype.KRB_AP_REQ)), field(2, flags(0)), field(3, t.raw),
		field(4, der(sequence, field(0, integer(int64(t.key.Type))), field(2, der(octets, sealed))))), nil
}

// tgsAnswer is the ticket in a realm's answer, if it answers this request of this client.
func tgsAnswer(raw []byte, with ticket, client principal, nonce int64) (ticket, error) {
	var reply tgsReply
	if err := parse(raw, &reply, tagTGSReply); err != nil {
		return ticket{}, err
	}
	e, err := crypto.GetEtype(with.key.Type)
	if err != nil {
		return ticket{}, err
	}
	opened, err := e.DecryptMessage(with.key.Value, reply.ForUs.Cipher, keyusage.TGS_REP_ENCPART_SESSION_KEY)
	if err != nil {
		return ticket{}, err
	}
	var part replyForUs
	// Some servers number it like the part of another answer (section 5.4.2), and RC4 may
	// leave padding behind it.
	if _, err = asn1.UnmarshalWithParams(opened, &part, fmt.Sprintf("application,explicit,tag:%d", tagTGSPart)); err != nil {
		_, err = asn1.UnmarshalWithParams(opened, &part, fmt.Sprintf("application,explicit,tag:%d", tagASPart))
	}
	if err != nil {
		return ticket{}, err
	}
	if reply.Type != msgtype.KRB_TGS_REP || part.Nonce != nonce || !reply.CName.equal(client.name) {
		return ticket{}, errors.New("the realm's answer is to somebody else")
	}
	return ticket{
		server: principal{realm: part.SRealm, name: part.SName},
		key:    part.Key, start: part.StartTime, end: part.EndTime, raw: reply.Ticket.Bytes,
	}, nil
}

// keyTypes are the types for a service's key, the safe ones first: old accounts in
// Active Directory still have RC4.
func keyTypes() []int32 {
	return []int32{
		etypeID.AES256_CTS_HMAC_SHA1_96, etypeID.AES128_CTS_HMAC_SHA1_96,
		etypeID.AES256_CTS_HMAC_SHA384_192, etypeID.AES128_CTS_HMAC_SHA256_128, etypeID.RC4_HMAC,
	}
}
