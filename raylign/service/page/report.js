// A job's report in a frame that may run nothing. It is fetched with the key, which no address may hold.

import {text} from "./api.js";

const id = decodeURIComponent(location.hash.slice(1));
const told = document.getElementById("told");
try {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) throw new Error("the address names no job");
  const page = await text(`/v1/jobs/${id}/report`);
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "");
  frame.title = "The job's report";
  frame.srcdoc = page;
  document.body.replaceChildren(frame);
} catch (error) {
  told.textContent = error.status === 401 ? "Open the report from raylign's page, where your key is." : error.message;
}
