// Passkeys: the browser's own dialogue, between two calls of the API. Without script there are password and code.
const find = (what) => document.querySelector(what)
const API = "/api/v1/auth/passkeys"

async function call(path, body, csrf) {
  const headers = { "content-type": "application/json", ...(csrf && { "x-csrf-token": csrf }) }
  const answer = await fetch(API + path, { method: "POST", headers, body: body && JSON.stringify(body) })
  if (!answer.ok) throw new Error((await answer.json()).detail)
  return answer.json()
}

async function signIn(button) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(await call("/sign-in/options"))
  const credential = await navigator.credentials.get({ publicKey })
  await call("/sign-in", { credential: credential.toJSON() })
  location.assign(button.dataset.after)
}

async function make(button) {
  const { csrf, name } = button.dataset
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(await call("/options", undefined, csrf))
  const credential = await navigator.credentials.create({ publicKey })
  await call("", { name, credential: credential.toJSON() }, csrf)
  location.reload()
}

if (window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  find("[data-passkey]")?.removeAttribute("hidden")
  const doing = { "[data-sign-in]": signIn, "[data-make]": make }
  for (const [which, work] of Object.entries(doing)) {
    find(which)?.addEventListener("click", (event) =>
      work(event.currentTarget).catch(() => find("[data-passkey-fault]").removeAttribute("hidden")))
  }
}
