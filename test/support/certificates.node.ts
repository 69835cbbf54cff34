/** Creates certificates of an unknown authority. Needs openssl on the PATH. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A pair for a server. */
export interface ServerCertificate {
  key: string;
  cert: string;
}

/** A company's authority, and what it signed. */
export interface Certificates {
  /** PEM file of the authority. */
  authorityFile: string;
  /** For 127.0.0.1. */
  right: ServerCertificate;
  /** For 127.0.0.1, expired since yesterday. */
  expired: ServerCertificate;
  /** For other.example. */
  otherName: ServerCertificate;
}

/** Writes them into a folder. */
export function makeCertificates(folder: string): Certificates {
  const openssl = (...words: string[]): void => {
    execFileSync("openssl", words, { cwd: folder, stdio: "pipe" });
  };
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...newKey, "-keyout", "authority.key", "-out", "authority.pem", "-days", "2", "-subj", "/CN=Company");
  const sign = (name: string, subject: string, days: number): ServerCertificate => {
    writeFileSync(join(folder, `${name}.ext`), `subjectAltName=${subject}`);
    openssl("req", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    const authority = ["-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial"];
    openssl("x509", "-req", "-in", `${name}.csr`, ...authority, "-days", String(days), "-extfile", `${name}.ext`, "-out", `${name}.pem`);
    return { key: readFileSync(join(folder, `${name}.key`), "utf8"), cert: readFileSync(join(folder, `${name}.pem`), "utf8") };
  };
  return {
    authorityFile: join(folder, "authority.pem"),
    right: sign("right", "IP:127.0.0.1", 2),
    expired: sign("expired", "IP:127.0.0.1", -1),
    otherName: sign("other", "DNS:other.example", 2),
  };
}
